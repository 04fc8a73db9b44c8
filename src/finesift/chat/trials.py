"""Conversations of every kind, for what is to hold of a template on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Message = dict[str, Any]
Trial = tuple[Sequence[Message], Sequence[dict[str, Any]] | None]


def said(role: str, content: str | None, **fields: Any) -> Message:
    return {"role": role, **({} if content is None else {"content": content}), **fields}


def calls(*places: str, text: bool = False) -> list[dict[str, Any]]:
    """Calls of `look`, one a place. text: with their arguments as JSON text."""
    return [
        {
            "id": f"call{number:05}",
            "type": "function",
            "function": {"name": "look", "arguments": f'{{"at": "{place}"}}' if text else {"at": place}},
        }
        for number, place in enumerate(places)
    ]


def returned(content: str, number: int = 0) -> Message:
    return said("tool", content, name="look", tool_call_id=f"call{number:05}")


_LOOK = {
    "type": "function",
    "function": {
        "name": "look",
        "description": "Looks around.",
        "parameters": {
            "type": "object",
            "properties": {"at": {"type": "string", "description": "Where."}},
            "required": ["at"],
        },
    },
}
TOOLS = [_LOOK]
_ASK, _ANSWER = said("user", "Name one."), said("assistant", "Seven.")
_MORE, _LAST = said("user", "Another?"), said("assistant", "Eleven.")
_WHERE = said("user", "How warm is it in Bern?")
_REPORT = said("assistant", "It has 21 degrees.")
_THOUGHT = {"reasoning_content": "It is odd."}


def _calling(content: str | None, *, text: bool = False, **fields: Any) -> Message:
    return said("assistant", content, tool_calls=calls("Bern", text=text), **fields)


def _in_parts(message: Message) -> Message:
    """Its text as a list of parts, as messages with pictures have it."""
    return {**message, "content": [{"type": "text", "text": message["content"]}]}


#: By name. A template may refuse any of them but the first.
TRIALS: dict[str, Trial] = {
    "one turn": ([_ASK, _ANSWER], None),
    "many turns": ([_ASK, _ANSWER, _MORE, _LAST, _ASK, _ANSWER], None),
    "system": ([said("system", "Be brief."), _ASK, _ANSWER], None),
    "system and turns": ([said("system", "Be brief."), _ASK, _ANSWER, _MORE, _LAST], None),
    "developer": ([said("developer", "Be brief."), _ASK, _ANSWER], None),
    "answer first": ([said("assistant", "Hello there."), _ASK, _ANSWER], None),
    "two questions": ([_ASK, _MORE, _ANSWER], None),
    "question last": ([_ASK, _ANSWER, _MORE], None),
    "empty answer": ([_ASK, said("assistant", "")], None),
    "blanks": ([said("user", "  One,\n\n"), said("assistant", "  two\n\tlines \n")], None),
    "blanks between": ([_ASK, said("assistant", "  two\nlines \n"), _MORE, _LAST], None),
    "parts": ([_in_parts(_ASK), _in_parts(_ANSWER), _in_parts(_MORE), _in_parts(_LAST)], None),
    "parts and system": ([_in_parts(said("system", "Be brief.")), _in_parts(_ASK), _in_parts(_ANSWER)], None),
    "reasoning": ([_ASK, {**_ANSWER, **_THOUGHT}], None),
    "reasoning in the text": ([_ASK, said("assistant", "<think>\nOdd.\n</think>\n\nSeven.")], None),
    "reasoning in each text": (
        [
            _ASK,
            said("assistant", "<think>\nOdd.\n</think>\n\nSeven."),
            _MORE,
            said("assistant", "<think>\nPrime.\n</think>\n\nEleven."),
        ],
        None,
    ),
    "reasoning in each turn": (
        [_ASK, {**_ANSWER, **_THOUGHT}, _MORE, {**_LAST, "reasoning_content": "Prime."}],
        None,
    ),
    "reasoning, then none": ([_ASK, {**_ANSWER, **_THOUGHT}, _MORE, _LAST], None),
    "tools unused": ([_ASK, _ANSWER, _MORE, _LAST], TOOLS),
    "call": ([_WHERE, _calling("Let me look."), returned("21"), _REPORT], TOOLS),
    "silent call": ([_WHERE, _calling(""), returned("21"), _REPORT], TOOLS),
    "call without a text": ([_WHERE, _calling(None), returned("21"), _REPORT], TOOLS),
    "call without tools": ([_WHERE, _calling(""), returned("21"), _REPORT], None),
    "call last": ([said("system", "Use tools."), _WHERE, _calling("")], TOOLS),
    "arguments as text": ([_WHERE, _calling("", text=True), returned("21"), _REPORT], TOOLS),
    "said and called as text": ([_WHERE, _calling("Wait.", text=True), returned("21"), _REPORT], TOOLS),
    "parallel calls": (
        [
            _WHERE,
            said("assistant", "", tool_calls=calls("Bern", "Thun")),
            returned("21"),
            returned("22", 1),
            said("assistant", "21 and 22 degrees."),
        ],
        TOOLS,
    ),
    "parallel calls with a text": (
        [
            _WHERE,
            said("assistant", "Both.", tool_calls=calls("Bern", "Thun")),
            returned("21"),
            returned("22", 1),
            said("assistant", "21 and 22 degrees."),
        ],
        TOOLS,
    ),
    "chain of calls": (
        [
            _WHERE,
            _calling("First."),
            returned("21"),
            said("assistant", "Then.", tool_calls=calls("Thun")),
            returned("22"),
            _REPORT,
        ],
        TOOLS,
    ),
    "silent chain": (
        [
            _WHERE,
            _calling(""),
            returned("21"),
            said("assistant", "", tool_calls=calls("Thun")),
            returned("22"),
            _REPORT,
        ],
        TOOLS,
    ),
    "question after a call": (
        [_WHERE, _calling(""), returned("21"), _REPORT, _MORE, _LAST],
        TOOLS,
    ),
    "reasoning and a call": (
        [
            _WHERE,
            _calling("", reasoning_content="I have to look."),
            returned("21"),
            {**_REPORT, "reasoning_content": "Warm."},
        ],
        TOOLS,
    ),
    "reasoning, a text and a call": (
        [
            _WHERE,
            _calling("Wait.", reasoning_content="I have to look."),
            returned("21"),
            {**_REPORT, "reasoning_content": "Warm."},
            _MORE,
            {**_LAST, "reasoning_content": "Prime."},
        ],
        TOOLS,
    ),
}
