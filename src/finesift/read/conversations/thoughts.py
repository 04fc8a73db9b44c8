"""Reasoning in the forms that providers write it: a text, paragraphs, or blocks."""

from __future__ import annotations

from typing import Any

from finesift.read.fields import SLOT_OF, SLOTS, folded

_TEXTS = ("text", "thinking", "reasoning", "content", "summary", "reasoning_text", "value")


def thought(value: Any) -> str | None:
    """The reasoning that a field holds; None where it holds no text, as where a provider encrypted it.

    A list holds its paragraphs; of an object the first field that is a text counts.
    """
    if isinstance(value, str):
        return value
    texts = [_text(entry) for entry in (value if isinstance(value, list) else [value])]
    return "\n".join(text for text in texts if text) or None


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
