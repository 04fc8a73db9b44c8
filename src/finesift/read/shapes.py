"""One record, in any of its shapes, into an example."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from finesift.read.messages import Reading, Turn, _kind, _names, as_text, message_turns, turns_of
from finesift.read.record import Unreadable

CHATS = ("messages", "conversations", "conversation", "dialogue", "dialog", "chat", "utterances")
PROMPTS = ("instruction", "prompt", "question", "query", "problem", "user")
ANSWERS = ("output", "response", "completion", "answer", "solution", "assistant", "reply", "target")
CONTEXTS = ("input", "context")
SYSTEMS = ("system", "system_prompt", "system_message")
TOOLS = ("tools", "functions", "function")
TEXTS = ("text", "content", "document")
CHOSEN = ("chosen", "chosen_messages", "chosen_response")
REJECTED = ("rejected", "rejected_messages", "rejected_response")

_SHAPES = {"instruction": "alpaca", "prompt": "prompt_completion", "user": "prompt_completion"}
_TRANSCRIPT = re.compile(r"\n\n(Human|Assistant|H|A):")


@dataclass(slots=True)
class Example:
    shape: str
    turns: list[Turn]
    chosen: list[Turn] = field(default_factory=list)
    rejected: list[Turn] = field(default_factory=list)
    tools: str | None = None
    label: bool | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def understand(record: Any, reading: Reading) -> Example:
    """What a record means. Raises Unreadable with the reason and a hint."""
    if isinstance(record, str):
        return Example("text", [Turn("assistant", record)])
    if isinstance(record, list) and record and isinstance(record[0], dict):
        return Example("messages", turns_of(record, reading))
    if not isinstance(record, dict):
        raise Unreadable(f"the record is {_kind(record)}; expected an object")
    rest = {reading.columns.get(name, name): value for name, value in record.items()}
    example = _example(rest, reading)
    example.tools = _tools(rest, reading)
    if isinstance(rest.get("label"), bool):
        example.label = rest.pop("label")
        if example.shape in ("messages", "sharegpt", "prompt_completion"):
            example.shape = "kto"
    kept = {
        str(n): turn.extra
        for n, turn in enumerate(example.turns + example.chosen + example.rejected)
        if turn.extra
    }
    example.extra = {name: value for name, value in rest.items() if value is not None}
    if kept:
        example.extra["_turns"] = kept
    return example


def _example(rest: dict[str, Any], reading: Reading) -> Example:
    chosen = next((name for name in CHOSEN if rest.get(name) is not None), None)
    rejected = next((name for name in REJECTED if rest.get(name) is not None), None)
    if chosen and rejected:
        return _preference(rest, chosen, rejected, reading)
    for name in CHATS:
        if isinstance(rest.get(name), list) and rest[name]:
            return _chat(rest, name, reading)
    nested = rest.get("question")
    if isinstance(nested, list) and nested and isinstance(nested[0], list):
        messages = [message for group in rest.pop("question") for message in group]
        return Example("messages", turns_of(messages, reading))
    if isinstance(rest.get("replies"), list) and "text" in rest and "role" in rest:
        return _tree(rest, rest, reading)
    if isinstance(rest.get("prompt"), dict) and "replies" in rest["prompt"]:
        return _tree(rest.pop("prompt"), {}, reading)
    instances = rest.get("instances")
    if (
        "instruction" in rest
        and isinstance(instances, list)
        and len(instances) == 1
        and isinstance(instances[0], dict)
    ):
        rest |= rest.pop("instances")[0]
    prompt = next((name for name in PROMPTS if rest.get(name) is not None), None)
    answer = next((name for name in ANSWERS if rest.get(name) is not None), None)
    if prompt:
        return _prompt(rest, prompt, answer, reading)
    if isinstance(rest.get("input"), str) and answer:
        return _prompt(rest, "input", answer, reading)
    if isinstance(rest.get("text"), str) and isinstance(rest.get("code"), str):
        return _prompt(rest, "text", "code", reading)
    for name in TEXTS:
        if isinstance(rest.get(name), str):
            return _text(rest.pop(name))
    raise _unknown(rest)


def _chat(rest: dict[str, Any], name: str, reading: Reading) -> Example:
    messages = rest.pop(name)
    turns = turns_of(messages, reading)
    shape = "sharegpt" if isinstance(messages[0], dict) and "from" in messages[0] else "messages"
    return Example(shape, [*_system(rest), *turns])


def _system(rest: dict[str, Any]) -> list[Turn]:
    for name in SYSTEMS:
        if isinstance(rest.get(name), str):
            text = rest.pop(name)
            return [Turn("system", text)] if text else []
    return []


def _prompt(rest: dict[str, Any], prompt: str, answer: str | None, reading: Reading) -> Example:
    asked, answered = rest.pop(prompt), rest.pop(answer) if answer else None
    turns = _system(rest)
    for pair in rest.pop("history", None) or []:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise Unreadable("history holds something other than pairs of question and answer")
        turns += [
            Turn("user", as_text(pair[0], "a question in history", reading)),
            Turn("assistant", as_text(pair[1], "an answer in history", reading)),
        ]
    if isinstance(asked, list):
        turns += turns_of(asked, reading)
    else:
        text = as_text(asked, prompt, reading)
        context = next(
            (name for name in CONTEXTS if name != prompt and isinstance(rest.get(name), str)), None
        )
        if context and prompt in ("instruction", "question", "prompt"):
            more = rest.pop(context)
            text = f"{text}\n{more}" if text and more else text or more
        turns.append(Turn("user", text))
    if isinstance(answered, list):
        turns += turns_of(answered, reading)
    elif answered is not None:
        turns.append(Turn("assistant", as_text(answered, str(answer), reading)))
    shape = _SHAPES.get(prompt, "question_answer" if prompt != "input" else "prompt_completion")
    return Example(shape if answered is not None else "prompt", turns)


def _text(text: str) -> Example:
    if text.startswith(("\n\nHuman:", "Human:")):
        return Example("transcript", transcript(text))
    return Example("text", [Turn("assistant", text)])


def transcript(text: str) -> list[Turn]:
    """The turns of Anthropic's "Human: …, Assistant: …" transcripts."""
    text = text if text.startswith("\n") else "\n\n" + text
    pieces = _TRANSCRIPT.split(text)
    if pieces[0].strip() or len(pieces) < 3:
        raise Unreadable('the transcript does not begin with "Human:"')
    return [
        Turn("user" if who in ("Human", "H") else "assistant", said.removeprefix(" "))
        for who, said in zip(pieces[1::2], pieces[2::2], strict=True)
    ]


def _preference(rest: dict[str, Any], chosen: str, rejected: str, reading: Reading) -> Example:
    sides = [_side(rest.pop(name), name, reading) for name in (chosen, rejected)]
    turns = _system(rest)
    whole = len(sides[0]) > 1 or len(sides[1]) > 1
    chat = next((name for name in CHATS if isinstance(rest.get(name), list)), None)
    prompt = next((name for name in PROMPTS if rest.get(name) is not None), None)
    if chat:
        turns += turns_of(rest.pop(chat), reading)
    elif prompt and not (whole and isinstance(rest[prompt], str)):
        value = rest.pop(prompt)
        if isinstance(value, list):
            turns += turns_of(value, reading)
        else:
            text = as_text(value, prompt, reading)
            turns += transcript(text) if text.startswith("\n\nHuman:") else [Turn("user", text)]
            if turns and turns[-1].role == "assistant" and not turns[-1].content:
                turns.pop()
    shared = 0
    while shared < min(map(len, sides)) - 1 and sides[0][shared] == sides[1][shared]:
        shared += 1
    turns += sides[0][:shared]
    if prompt and isinstance(rest.get(prompt), str) and any(turn.content == rest[prompt] for turn in turns):
        del rest[prompt]
    return Example("preference", turns, sides[0][shared:], sides[1][shared:])


def _side(value: Any, name: str, reading: Reading) -> list[Turn]:
    if isinstance(value, str):
        return transcript(value) if value.startswith("\n\nHuman:") else [Turn("assistant", value)]
    if isinstance(value, dict):
        return message_turns(value, name, reading)
    if isinstance(value, list) and value:
        return turns_of(value, reading)
    raise Unreadable(f"{name} is {_kind(value)}; expected an answer or messages")


def _tree(node: dict[str, Any], rest: dict[str, Any], reading: Reading) -> Example:
    """The best path of an OpenAssistant tree: at each reply the one that people ranked first."""
    turns = [Turn(*_reply(node, reading))]
    replies = node.get("replies")
    while isinstance(replies, list) and (
        live := [r for r in replies if isinstance(r, dict) and not r.get("deleted")]
    ):
        best = min(live, key=lambda reply: rank if isinstance(rank := reply.get("rank"), int) else len(live))
        turns.append(Turn(*_reply(best, reading)))
        replies = best.get("replies")
    for name in ("text", "role"):
        rest.pop(name, None)
    return Example("tree", turns)


def _reply(node: dict[str, Any], reading: Reading) -> tuple[str, str | None]:
    turn = message_turns({"role": node.get("role"), "content": node.get("text")}, "a reply", reading)[0]
    return turn.role, turn.content


def _tools(rest: dict[str, Any], reading: Reading) -> str | None:
    for name in TOOLS:
        value = rest.get(name)
        if isinstance(value, str) and value.strip():
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError as error:
                raise Unreadable(f"{name} is text, but no JSON: {error}") from None
        if isinstance(value, dict):
            value = [value]
        if isinstance(value, list) and all(isinstance(tool, dict) for tool in value):
            rest.pop(name)
            return reading.dump(value) if value else None
    return None


def _unknown(rest: dict[str, Any]) -> Unreadable:
    known = (*CHATS, *PROMPTS, *ANSWERS, *TEXTS)
    near = [
        (name, close[0])
        for name in list(rest)[:20]
        if (close := difflib.get_close_matches(name, known, 1, 0.75))
    ]
    hint = (
        f'Did you mean {near[0][1]}?  columns = {{ {near[0][0]} = "{near[0][1]}" }}'
        if near
        else 'Say in the recipe which is what:  columns = { question = "prompt", reply = "completion" }'
    )
    return Unreadable(f"no known shape; its fields are {_names(rest)}", hint)
