"""Figures in words: shares, counts with their nouns, names of checks as titles."""

from __future__ import annotations


def percent(fraction: float) -> str:
    """A share as people read it: the fewer in a hundred, the more digits. Only all is 100 %, only none is 0 %."""
    if 0.995 <= fraction < 1:
        return "over 99 %"
    if 0 < fraction < 0.00005:
        return "under 0.01 %"
    digits = 0 if fraction >= 0.0995 or fraction <= 0 else 1 if fraction >= 0.00095 else 2
    return f"{100 * fraction:.{digits}f} %"


def counted(number: int, one: str, more: str | None = None) -> str:
    """ "1 row", "2 rows"."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def title(check: str) -> str:
    """The name of a check as a title: `no_assistant_turn` is "No assistant turn"."""
    words = check.replace("_", " ")
    return words[:1].upper() + words[1:]


def among(parts: list[str]) -> str:
    """Parts of a sentence with an "and" before the last."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
