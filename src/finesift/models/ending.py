"""Whether a text that ends without a closing mark was cut; weights by tools/build_endings.py, see data/verdicts/NOTICE.

Two things tell a cut from a title, a list or a chat that has no stops: the last words, which in whole sentences seldom
stand there ("of the", half a word), and how the rest of the text ends its sentences and lines. The first are counted in
texts, the second are patterns; a small network weighs both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from finesift.data import verdicts_folder
from finesift.models.layers import Layers, Numbers
from finesift.models.request import english

LABELS = ("whole", "cut")
#: So much of a text is looked at, from its end.
LONGEST = 2000
#: What closes a sentence or a passage.
CLOSING = '.!?…:：)]}>»”"*_`~|'
# What a word that was seldom seen is taken to have been: once in so many words the last of its sentence.
_RARE = 4.0

_word = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_stop = re.compile(r"[.!?][\"'”’)\]*]*(?=\s|$)")
_item = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•+]|[a-zA-Z][.)])\s+")
_code = re.compile(r"[;{}<>\\=]|\(\)|^\s{4}|^\s*(?:def|class|import|return|for|if|while|SELECT)\b")
_label = re.compile(r"^\s*\**[\w /-]{1,40}:\**\s")
# Who asks for one of these gets no sentence.
_short = re.compile(
    r"(?i)\b(?:titles?|headlines?|names?|lists?|keywords?|tags?|slogans?|tagline|phrases?|words?|classif\w+|categor\w+|label|extract|identify|"
    r"translate|poem|haiku|lyrics|song|verse|code|function|query|command|formula|equation|regex|html|json|table|e-?mail|letter|"
    r"sentiment|synonyms?|antonyms?|options?|choose|select|which|who|what is|when|where|how many|how much)\b"
)


class Words(NamedTuple):
    """How often words end a sentence, and stand before its last: each a logarithm of odds; and all words that are known."""

    last: dict[str, float]
    before: dict[str, float]
    known: frozenset[str]


def asks(text: str) -> bool:
    """Whether a text can be judged here: no closing mark ends it, and it has words of English."""
    body = text.rstrip()
    return bool(body) and body[-1] not in CLOSING and not body[-1] > "\u2bff" and english(body[-LONGEST:])


def features(asked: Sequence[str], texts: Sequence[str], words: Words) -> Numbers:
    """float32 [N, features] of texts without a closing mark at their end."""
    rows = [_reads(*pair, words) for pair in zip(asked, texts, strict=True)]
    return np.array(rows, np.float32)


def _reads(asked: str, answer: str, known: Words) -> list[float]:
    body = answer.rstrip()[-LONGEST:]
    lines = [line for line in body.split("\n") if line.strip()] or [""]
    last = lines[-1]
    item = _item.match(last)
    start = item.end() if item else 0
    stops = [found.end() for found in _stop.finditer(last, start)]
    tail = last[max([start, *stops]) :]
    said = _word.findall(tail)
    final = said[-1] if said and tail.endswith(said[-1]) else ""
    low = final.lower().replace("’", "'")
    before = said[-2].lower().replace("’", "'") if len(said) > 1 else ""
    strange = (
        bool(final) and final.isascii() and low not in known.known and not _elsewhere(final, asked, body)
    )
    ends = [line.rstrip()[-1] in ".!?" for line in lines[:-1]]
    items = [line for line in lines[:-1] if _item.match(line)]
    share = sum(ends) / len(ends) if ends else 0.0
    mean = sum(map(len, items)) / len(items) if items else len(last)
    inner = len(_stop.findall(body))
    mark = body[-1:]
    counts = [
        known.last.get(low, -_RARE if strange else 0.0) if final else 0.0,
        known.before.get(before, 0.0) if final else 0.0,
        low in known.last,
        strange,
        strange and final.islower(),
        len(low) == 1,
        final[:1].isupper(),
        not final and mark.isdigit(),
        mark in ",;",
        mark in "-–—",
        mark in ":：",
        not final and not mark.isdigit() and mark not in ",;-–—:：",
        tail.count("(") > tail.count(")") or tail.count("[") > tail.count("]"),
        tail.count('"') % 2 == 1 or tail.count("“") > tail.count("”"),
        np.log1p(len(said)) / 3,
        len(said) <= 2,
        len(said) >= 8,
        bool(said) and all(word[:1].isupper() for word in said if len(word) > 3),
        bool(said) and said[0][:1].islower(),
        bool(item),
        len(items) >= 2,
        share,
        share if items else 0.0,
        bool(ends) and not any(ends),
        len(ends) >= 3 and share > 0.7,
        bool(stops),
        np.log1p(inner) / 3,
        inner == 0,
        inner >= 3,
        len(lines) == 1,
        np.log1p(len(lines)) / 3,
        np.log1p(len(body)) / 8,
        min(2.0, len(last) / max(1, mean)),
        len(last) < 0.5 * mean,
        bool(_code.search(last)),
        bool(_label.match(last)),
        body.lstrip()[:1].islower(),
        bool(_short.search(asked[:400])),
        asked.rstrip()[-1:] not in ".?!:",
        len(asked) < 20,
    ]
    return [float(count) for count in counts]


def _elsewhere(word: str, asked: str, body: str) -> bool:
    """Whether a word that nobody knows is said before: then it is a name."""
    return word in asked or len(re.findall(rf"\b{re.escape(word)}\b", body)) > 1


@cache
def words() -> Words:
    with np.load(verdicts_folder() / "ending.npz", allow_pickle=False) as stored:
        every = str(stored["words"]).split(" ")
        odds = stored["odds"].astype(np.float32) / 16
    counted = every[: len(odds)]
    last, before = (dict(zip(counted, column.tolist(), strict=True)) for column in odds.T)
    return Words(last, before, frozenset(every))


@cache
def _model() -> Layers:
    return Layers.load(verdicts_folder() / "ending.npz")


def was_cut(asked: Sequence[str], texts: Sequence[str]) -> Numbers:
    """float32 [N]: how likely each text was cut, where as many are cut as are whole; all end without a closing mark."""
    if not texts:
        return np.empty(0, np.float32)
    shares: Numbers = _model()(features(asked, texts, words()))[:, 1]
    return shares
