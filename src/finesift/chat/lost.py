"""What a template leaves out of a conversation: texts, tools, calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from finesift.chat.problem import Problem
from finesift.chat.template import Message

_SAYS = {"system": "system", "developer": "system", "tool": "tool_results"}


def left_out(
    text: str, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] | None
) -> Iterator[Problem]:
    """What is said to the model, and does not stand in the text."""
    at = 0
    for turn, message in enumerate(messages):
        content = message.get("content")
        if message["role"] == "assistant" or not isinstance(content, str):
            continue
        said = content.strip()
        # Nearly always they stand in order, so that a long conversation is searched once.
        if (found := text.find(said, at)) >= 0:
            at = found
        elif said not in text and not said_in(said, text):
            whose = _SAYS.get(message["role"], "user")
            yield Problem(
                f"lost_{whose}", turn, f"the template does not write the {message['role']}'s text as it is"
            )
    for tool in tools or ():
        named = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        name = named.get("name") if isinstance(named, Mapping) else None
        if isinstance(name, str) and name not in text:
            yield Problem("lost_tools", None, f"the template leaves out the tool {name}")
            return


def words_of(called: Mapping[str, Any]) -> Iterator[str]:
    """The name of a call, and the names and plain values of its arguments."""
    yield str(called.get("name", ""))
    arguments = called.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            yield str(called["arguments"])
            return
    waiting = [arguments]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield from map(str, part)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str):
            yield part


def said_in(word: str, text: str) -> bool:
    """As it is, or as JSON writes it."""
    return word in text or orjson.dumps(word).decode()[1:-1] in text or ascii(word)[1:-1] in text


def loses_calls(text: str, message: Any) -> bool:
    """Whether an answer that is nothing but tool calls shows none of them in what would be trained."""
    calls = message.get("tool_calls")
    content = message.get("content")
    if not isinstance(calls, list) or not calls or (isinstance(content, str) and content.strip()):
        return False
    names = [
        str((call.get("function") or call).get("name", ""))
        for call in calls
        if isinstance(call, dict) and isinstance(call.get("function", call), dict)
    ]
    return not any(name and said_in(name, text) for name in names)
