"""Reasoning in the forms that providers write it: a text, paragraphs, or blocks."""

from __future__ import annotations

from typing import Any

from finesift.read.fields import SLOT_OF, SLOTS, folded

#: How OpenThoughts and Sky-T1 open the reasoning of an answer.
OPENING = "<|begin_of_thought|>"
_THOUGHT, _SOLUTION = "<|end_of_thought|>", ("<|begin_of_solution|>", "<|end_of_solution|>")
_SWITCHES = frozenset(("on", "off", "true", "false", "yes", "no", "none", "low", "medium", "high", "auto"))
_TEXTS = ("text", "thinking", "reasoning", "content", "summary", "reasoning_text", "value")


def thought(value: Any) -> str | None:
    """The reasoning that a field holds; None where it holds no text, as where a provider encrypted it.

    A list holds its paragraphs; of an object the first field that is a text counts.
    """
    if isinstance(value, str):
        return value
    texts = [_text(entry) for entry in (value if isinstance(value, list) else [value])]
    return "\n".join(text for text in texts if text) or None


def is_switch(value: Any) -> bool:
    """Whether a value says if or how hard a model thinks, not what."""
    return isinstance(value, str) and value.strip().lower() in _SWITCHES


def take_thought(fields: dict[str, Any]) -> str | None:
    """Takes the reasoning out of a message's fields; "" where they say that there was none.

    The first field that says any counts. Blocks stay beside it, as does whatever says something else: they hold
    signatures, without which a provider takes no answer back.
    """
    named = [name for name in fields if SLOT_OF.get(folded(name)) == "reasoning"]
    named.sort(key=lambda name: SLOTS["reasoning"].index(folded(name)))
    said = {name: found for name in named if (found := thought(fields[name])) is not None}
    found = next((text for text in said.values() if text), "" if said else None)
    for name, text in said.items():
        if isinstance(fields[name], str) and text in ("", found):
            del fields[name]
    return found


def parted(text: str) -> tuple[str, str] | None:
    """The reasoning at the start of an answer, and what follows it; None where it never ends."""
    if text.startswith(OPENING):
        thought, end, answer = text.removeprefix(OPENING).partition(_THOUGHT)
        answer = answer.strip()
        whole = answer.startswith(_SOLUTION[0]) and answer.endswith(_SOLUTION[1])
        if not end or not whole:
            return None
        return thought.strip("\n"), answer[len(_SOLUTION[0]) : -len(_SOLUTION[1])].strip()
    thought, end, answer = text.partition("</think>")
    return (thought.lstrip().removeprefix("<think>").strip("\n"), answer.lstrip("\n")) if end else None


def repeats(value: Any, reasoning: str | None) -> bool:
    """Whether a field that was left says the reasoning once more."""
    said = thought(value)
    return said is not None and reasoning is not None and said.strip() == reasoning.strip()


def _text(entry: Any) -> str | None:
    if isinstance(entry, str):
        return entry
    if not isinstance(entry, dict):
        return None
    return next((entry[name] for name in _TEXTS if isinstance(entry.get(name), str)), None)
