"""What two texts have in common, for a person who looks from one to the other."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

# Runs of fewer words are shared by chance; longer texts than this are compared at their beginning.
LEAST_WORDS, LONGEST_WORDS = 3, 2000

Spans = list[tuple[int, int]]


def shared_spans(one: str, other: str) -> tuple[Spans, Spans]:
    """Where in each text, in characters, stand runs of words that both have in the same order; case does not count."""
    places = [list(re.finditer(r"\w+", text))[:LONGEST_WORDS] for text in (one, other)]
    words = [[match[0].casefold() for match in found] for found in places]
    spans: tuple[Spans, Spans] = ([], [])
    for a, b, size in SequenceMatcher(None, words[0], words[1], autojunk=False).get_matching_blocks():
        if size < min(LEAST_WORDS, *map(len, words)) or not size:
            continue
        for span, found, start in zip(spans, places, (a, b), strict=True):
            span.append((found[start].start(), found[start + size - 1].end()))
    return spans


def different_spans(one: str, other: str) -> tuple[Spans, Spans]:
    """Where in each text, in characters, stand words that the other has not at that place; case does not count."""
    places = [list(re.finditer(r"\w+|[^\w\s]+", text))[:LONGEST_WORDS] for text in (one, other)]
    words = [[match[0].casefold() for match in found] for found in places]
    spans: tuple[Spans, Spans] = ([], [])
    for what, a, b, c, d in SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes():
        if what == "equal":
            continue
        for span, found, start, end in zip(spans, places, (a, c), (b, d), strict=True):
            if end > start:
                span.append((found[start].start(), found[end - 1].end()))
    return spans
