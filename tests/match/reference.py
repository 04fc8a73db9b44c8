"""Matching as plainly as it can be said: what the kernels are held to."""

import math
import unicodedata
from collections import defaultdict

SEPARATOR, WORD, SINGLE, IGNORED = range(4)
UNSPACED = ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "THAI", "LAO ", "KHMER",
            "MYANMAR", "TIBETAN", "BOPOMOFO")  # fmt: skip


def character_class(c):
    """What a character is to the words around it."""
    if c.isascii():
        return WORD if c.isalnum() or c == "_" else SEPARATOR
    if ord(c) >= 0x20000:
        return SINGLE
    category = unicodedata.category(c)
    if category == "Cf" or "\ufe00" <= c <= "\ufe0f" or "\U0001f3fb" <= c <= "\U0001f3ff":
        return IGNORED
    if category[0] in "LM" and category != "Lm" and unicodedata.name(c, "").startswith(UNSPACED):
        return SINGLE
    if category[0] in "LMN" or category == "Cs":
        return WORD
    return SINGLE if category == "So" else SEPARATOR


def words(text):
    """The words of a text as strings, in order."""
    found, word = [], ""
    for c in text:
        kind = character_class(c)
        if kind == WORD:
            word += _fold(c)
        elif kind != IGNORED:
            found += [word] if word else []
            word = ""
            found += [_fold(c)] if kind == SINGLE else []
    return [*found, word] if word else found


def _fold(c):
    return next((f for f in (c.casefold(), c.lower()) if len(f) == 1), c)


def shingles(text, n=5):
    """The distinct n-grams of a text; all its words are one where there are fewer."""
    tokens = words(text)
    return {tuple(tokens[i : i + n]) for i in range(max(1, len(tokens) - n + 1))} if tokens else set()


def jaccard(a, b):
    return len(a & b) / len(a | b) if a | b else 1.0


def exact_join(sets, limit):
    """All pairs i < j with a Jaccard similarity of at least `limit`: {(i, j): similarity}.

    Complete: similar sets share one of their rarest members, so only those are looked up. Of a set of n, the first
    n - ceil(limit * n) + 1 in order of rarity are enough. Source: Bayardo, Ma, Srikant 2007, "Scaling up all pairs
    similarity search".
    """
    count = defaultdict(int)
    for members in sets:
        for member in members:
            count[member] += 1
    lists = [sorted(members, key=lambda member: (count[member], member)) for members in sets]
    seen, pairs = defaultdict(list), {}
    for j, members in enumerate(lists):
        prefix = members[: len(members) - math.ceil(limit * len(members) - 1e-9) + 1]
        candidates = set()
        for member in prefix:
            candidates.update(seen[member])
            seen[member].append(j)
        for i in candidates:
            similarity = jaccard(sets[i], sets[j])
            if similarity >= limit:
                pairs[i, j] = similarity
    return pairs
