"""What generated rows do not see: how they differ from natural ones, in figures that stand beside each other.

Shares of words and neighbours depend on how much there is: both sides are cut to as many rows, and to as many words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.checks.language import language_of
from finesift.corpus import Corpus
from finesift.cover.attributes import REFUSING, attributes
from finesift.embed.encoder import Embed, Vectors
from finesift.generate.entities import names, shares
from finesift.generate.peers import rouge_l, words_of
from finesift.generate.spread import Spread, spread

#: Rows of each side that are looked at, words named, and folds of the classifier's trial.
MOST, NAMED, FOLDS = 1_000, 8, 5
#: Rows that a side must have: of fewer, figures are chance.
LEAST = 10
_HEDGES = re.compile(
    r"(?i)\b(?:perhaps|maybe|possibly|it depends|generally|typically|usually|in general|it(?:['’]s| is) important to|"
    r"please note|keep in mind|feel free|i hope this|as an ai)\b"
)
_DECLINES = re.compile(
    r"(?i)\b(?:i(?:['’]m| am) (?:sorry|unable)|i can(?:['’]t|not)|unable to (?:help|assist))\b"
)
_CROSSED = ("tone", "clarity", "length", "turns")


@dataclass(frozen=True)
class Side:
    """Figures of one side.

    request, answer: median characters. distinct: different n-grams of all, n from 1 to 3, of as many words as both
    sides have. alike: mean cosine of a request to the nearest other. rouge: mean of its largest ROUGE-L to another.
    opening: the most frequent three words that an answer begins with, and the share that does. languages: shares of
    requests by language, "?" where none is sure. cells: shares by attribute and value. entities: shares of rows by what
    they name. names: how many different ones, the most frequent, and the share of rows that hold it.
    """

    rows: int
    request: int
    answer: int
    distinct: tuple[float, float, float]
    alike: float
    rouge: float
    opening: tuple[str, float]
    declines: float
    hedges: float
    languages: dict[str, float]
    cells: dict[str, dict[str, float]]
    entities: dict[str, float]
    names: tuple[int, str, float]


@dataclass(frozen=True)
class Blind:
    """Both sides, and how well they are told apart.

    told_apart: share that naive Bayes puts on the right side, of rows that it was not shown; 0.5 is chance.
    generated_words, natural_words: what gives them away. missing: attribute and value that only natural rows have.
    map: groups of what is asked, and how generated and natural rows are spread over them.
    """

    generated: Side
    natural: Side
    told_apart: float
    generated_words: list[str]
    natural_words: list[str]
    missing: list[str]
    map: Spread

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def blind_spots(generated: Corpus, natural: Corpus, embed: Embed, *, seed: int = 17) -> Blind | None:
    """None where either side has fewer than LEAST rows that ask and answer."""
    chance = np.random.default_rng(seed)
    sides = [_rows(generated), _rows(natural)]
    size = min(MOST, *(len(rows) for rows in sides))
    if size < LEAST:
        return None
    picked = [[rows[n] for n in np.sort(chance.permutation(len(rows))[:size])] for rows in sides]
    words = [[words_of(f"{asked} {told}") for asked, told, _ in rows] for rows in picked]
    room = min(sum(len(one) for one in side) for side in words)
    near = embed([asked for asked, *_ in picked[0]]), embed([asked for asked, *_ in picked[1]])
    figures = [
        _side(rows, side, room, corpus, vectors)
        for rows, side, corpus, vectors in zip(picked, words, (generated, natural), near, strict=True)
    ]
    on_map = spread([asked for asked, *_ in picked[0]], [asked for asked, *_ in picked[1]], near)
    right, ours, theirs = _told_apart(words[0], words[1], chance)
    missing = [
        f"{attribute}: {value}"
        for attribute, shares in figures[1].cells.items()
        for value, share in shares.items()
        if share >= 0.05 and not figures[0].cells[attribute].get(value)
    ]
    return Blind(figures[0], figures[1], right, ours, theirs, missing, on_map)


def _rows(corpus: Corpus) -> list[tuple[str, str, int]]:
    """Of each row the first request, the last answer, and its number."""
    said = (
        corpus.turns.filter(pl.col("content").str.len_chars() > 0)
        .group_by("example", maintain_order=True)
        .agg(
            asked=pl.col("content").filter(pl.col("role") == "user").first(),
            told=pl.col("content").filter(pl.col("role") == "assistant").last(),
        )
        .drop_nulls()
    )
    return [(asked, told, n) for n, asked, told in said.iter_rows()]


def _side(
    rows: Sequence[tuple[str, str, int]],
    words: Sequence[Sequence[str]],
    room: int,
    corpus: Corpus,
    near: Vectors,
) -> Side:
    requests, answers = [asked for asked, _, _ in rows], [told for _, told, _ in rows]
    both = [f"{asked}\n{told}" for asked, told, _ in rows]
    cosines = near @ near.T
    np.fill_diagonal(cosines, -1)
    some = [words_of(request) for request in requests[:200]]
    rouges = [
        max(rouge_l(one, other) for m, other in enumerate(some) if m != n) for n, one in enumerate(some)
    ]
    opening, often = Counter(" ".join(words_of(told)[:3]) for told in answers).most_common(1)[0]
    languages = Counter(language_of(request) or "?" for request in requests)
    flat = [word for one in words for word in one][:room]
    return Side(
        rows=len(rows),
        request=int(np.median([len(text) for text in requests])),
        answer=int(np.median([len(text) for text in answers])),
        distinct=(_distinct(flat, 1), _distinct(flat, 2), _distinct(flat, 3)),
        alike=round(float(cosines.max(axis=1).mean()), 4),
        rouge=round(float(np.mean(rouges)), 4),
        opening=(opening, round(often / len(rows), 4)),
        declines=_share(_DECLINES, answers),
        hedges=_share(_HEDGES, answers),
        languages={name: round(count / len(rows), 4) for name, count in languages.most_common()},
        cells=_cells(corpus, [number for *_, number in rows]),
        entities=shares(both),
        names=names(both),
    )


def _distinct(words: Sequence[str], n: int) -> float:
    grams = list(zip(*(words[start:] for start in range(n)), strict=False))
    return round(len(set(grams)) / max(1, len(grams)), 4)


def _share(pattern: re.Pattern[str], texts: Sequence[str]) -> float:
    return round(sum(bool(pattern.search(text)) for text in texts) / max(1, len(texts)), 4)


def _cells(corpus: Corpus, numbers: Sequence[int]) -> dict[str, dict[str, float]]:
    crossed = attributes(corpus.turns, corpus.examples, REFUSING.to_frame())
    some = crossed.filter(pl.col("example").is_in(pl.Series(numbers, dtype=pl.UInt32).implode()))
    return {
        name: {
            value: round(count / max(1, some.height), 4)
            for value, count in some[name].value_counts(sort=True).iter_rows()
        }
        for name in _CROSSED
    }


def _told_apart(
    ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]], chance: np.random.Generator
) -> tuple[float, list[str], list[str]]:
    """The share of rows on the right side in FOLDS trials, and the words that say most of each side.

    Naive Bayes over which words a row has, each word counted once a row and one more row for each side.
    """
    rows = [set(one) for one in (*ours, *theirs)]
    vocabulary = {word: n for n, word in enumerate(sorted({word for row in rows for word in row}))}
    held = np.zeros((len(rows), len(vocabulary)), np.float32)
    for n, row in enumerate(rows):
        held[n, [vocabulary[word] for word in row]] = 1
    side = np.repeat([True, False], [len(ours), len(theirs)])
    fold = chance.permutation(len(rows)) % FOLDS
    right = 0
    for trial in range(FOLDS):
        seen, asked = fold != trial, fold == trial
        has, base = _weights(held[seen], side[seen])
        right += int((((held[asked] @ has + base) > 0) == side[asked]).sum())
    has, _ = _weights(held, side)
    # What few rows have says little, however one-sided it is.
    telling = has * np.sqrt(held.sum(axis=0))
    names = np.array(list(vocabulary))
    order = np.argsort(telling, kind="stable")
    return round(right / len(rows), 4), names[order[::-1][:NAMED]].tolist(), names[order[:NAMED]].tolist()


def _weights(held: NDArray[np.float32], side: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """What having each word adds to the log odds of the first side, and what having none is worth."""
    counts = [held[which].sum(axis=0, dtype=np.float64) for which in (side, ~side)]
    one, other = ((count + 1) / (which.sum() + 2) for count, which in zip(counts, (side, ~side), strict=True))
    absent = np.log1p(-one) - np.log1p(-other)
    return np.log(one) - np.log(other) - absent, float(absent.sum())
