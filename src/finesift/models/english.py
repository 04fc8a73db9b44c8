"""Words that are cut: beginnings of words that are no words themselves.

A word is one that the packaged sentence model's vocabulary has whole; of English those are the 30,000 commonest. Of 52,002
answers of Alpaca this says 2 of those that are whole ended within a word, and of 800 cut anywhere 155.
"""

from __future__ import annotations

import re
from bisect import bisect
from functools import lru_cache

import orjson

from finesift.data import minilm_folder

# Written short on purpose, though longer words begin so.
_SHORT = frozenset(
    re.split(
        " ",
        "approx esp prob probs misc incl tho thru congrats def obv obvi diff convo pic vid gov dept etc est hr hrs yr yrs min mins "
        "sec secs lb lbs oz ft mph kph tbsp tsp pkg qty ref refs",
    )
)
# A word that goes on only so is a word that the vocabulary happens to have in another form: hone, honed.
_INFLECTIONS = frozenset(re.split(" ", "s es ed d er ers r rs ing ly ness y ment ments"))
_COMMON = frozenset(
    re.split(
        " ",
        "the of and to is in a that for it with as are on be this was or an by from at you i not have has can your they their he "
        "she his her we my me will",
    )
)
#: English has one of the commonest words in so many, at least.
EVERY = 8


def is_cut(word: str) -> bool:
    """Whether a word in lower case is the beginning of others, and none itself."""
    words = _words()
    at = bisect(words, word)
    if word in _SHORT or (at and words[at - 1] == word):
        return False
    while at < len(words) and words[at].startswith(word):
        if words[at][len(word) :] not in _INFLECTIONS:
            return True
        at += 1
    return False


def is_english(words: list[str]) -> bool:
    """Whether enough of them are words that English text is full of."""
    found = sum(word.strip(".,;:!?\"'()").lower() in _COMMON for word in words)
    return found * EVERY >= len(words)


@lru_cache(1)
def _words() -> list[str]:
    vocabulary = orjson.loads((minilm_folder() / "tokenizer.json").read_bytes())["model"]["vocab"]
    return sorted(word for word in vocabulary if word.isascii() and word.isalpha())
