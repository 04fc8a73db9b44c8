"""What texts name: numbers, money, days and times, links, codes and people or places, as far as their form shows it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

#: Kinds and what they look like. A name is a word with a capital that does not begin a sentence; where a language
#: writes all nouns so, or none, the share says less.
KINDS: dict[str, re.Pattern[str]] = {
    "number": re.compile(r"\d"),
    "money": re.compile(
        r"(?i)[$€£¥₹]\s?\d|\d\s?(?:[$€£¥₹]|(?:usd|eur|gbp|dollars?|euros?|pounds?|cents?)\b)"
    ),
    "day or time": re.compile(
        r"(?i)\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}\s?[ap]m\b|\b\d{4}-\d\d-\d\d\b|"
        r"\b(?:january|february|april|june|july|august|september|october|november|december)\b"
    ),
    "link or mail": re.compile(r"(?i)\bhttps?://|\bwww\.|[\w.]@\w+\.\w"),
    "code": re.compile(r"\b(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9][A-Z0-9-]{3,}\b"),
    "name": re.compile(
        r"(?<=[^\s.!?:…\"'“»(\[*#>-] )[A-ZÀ-ÞА-Я][a-zà-ÿа-я]{2,}(?: [A-ZÀ-ÞА-Я][a-zà-ÿа-я]{2,})?"
    ),
}
_NO_NAME = frozenset(
    re.split(
        " ",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August "
        "September October November December English German French Spanish",
    )
)


def shares(texts: Sequence[str]) -> dict[str, float]:
    """By kind the share of texts that hold one, 0 to 1."""
    return {
        kind: round(sum(bool(pattern.search(text)) for text in texts) / max(1, len(texts)), 4)
        for kind, pattern in KINDS.items()
    }


def names(texts: Sequence[str]) -> tuple[int, str, float]:
    """How many different names there are, the one that most texts hold, and the share that does."""
    counts = Counter(
        name
        for text in texts
        for name in {found for found in KINDS["name"].findall(text) if found not in _NO_NAME}
    )
    if not counts:
        return 0, "", 0.0
    name, rows = min(counts.items(), key=lambda one: (-one[1], one[0]))
    return len(counts), name, round(rows / max(1, len(texts)), 4)
