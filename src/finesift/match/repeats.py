"""What repeats: clusters of rows that are alike, and words that many answers share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.ids import content_id
from finesift.match.cluster import components
from finesift.match.grams import ngrams
from finesift.match.kernels import in_parallel
from finesift.match.texts import Texts
from finesift.views import is_answer, text

LARGEST = 10  # clusters, openings, endings and passages that are named
MEMBERS = 3  # of each cluster
EDGE = 5  # words of an opening or ending
PASSAGE = 20  # words of a passage
# A passage is looked for at one in so many places, chosen by content: longer ones are all found.
SAMPLE = 8
# Answers that must share words before they are boilerplate, and the share of all answers.
FEWEST, SHARE = 5, 0.001


@dataclass(frozen=True)
class Cluster:
    """Rows that links join, directly or over others. What is set aside does not follow from it."""

    size: int
    share: float  # of all tokens (of characters, where tokens were not counted); a fraction
    members: list[str]  # ids of the first few that may be looked at
    kept: int = 0  # rows that stay
    share_kept: float = 0.0  # of all that stays, as above


@dataclass(frozen=True)
class Phrase:
    """Words that answers share."""

    text: str
    answers: int
    share: float  # of all answers; a fraction


@dataclass(frozen=True)
class Repeats:
    """What repeats in a corpus; only rows that may be looked at are named or quoted."""

    sizes: dict[str, int]  # clusters by how many rows are in them
    largest: list[Cluster]
    openings: list[Phrase]
    endings: list[Phrase]
    passages: list[Phrase]
    weight: float = 0.0  # of rows in clusters, of all; a fraction of tokens or characters
    weight_kept: float = 0.0  # of those that stay, of all that stays

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Repeats:
        phrases = {name: [Phrase(**p) for p in raw[name]] for name in ("openings", "endings", "passages")}
        return cls(**{**raw, "largest": [Cluster(**c) for c in raw["largest"]], **phrases})


def repeats(
    corpus: Corpus,
    links: pl.DataFrame,
    sealed: pl.Series,
    *,
    set_aside: pl.Series | None = None,
    secret: pl.Series | None = None,
) -> Repeats:
    """links: the findings that call rows duplicates. By their numbers, examples that nobody may look at (sealed),
    that do not stay (set_aside), and that may be named but not quoted (secret)."""
    none = corpus.examples["example"].clear()
    set_aside = none if set_aside is None else set_aside
    unquoted = sealed if secret is None else pl.concat([sealed, secret])
    counted = corpus.rendered.drop_nulls("tokens")
    weights = (
        counted.select("example", weight="tokens")
        if counted.height
        else corpus.turns.group_by("example").agg(weight=text.str.len_chars().sum())
    )
    found = clusters(corpus.examples, links, weights, sealed, set_aside)
    answers = corpus.turns.filter(is_answer & ~pl.col("example").is_in(unquoted.implode()))["content"]
    return Repeats(**found | boilerplate(answers.drop_nulls()))


def clusters(
    examples: pl.DataFrame,
    findings: pl.DataFrame,
    weights: pl.DataFrame,
    sealed: pl.Series,
    set_aside: pl.Series,
    totals: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """The parts of `Repeats` on clusters: how many there are of each size, the `LARGEST`, and the weight of all.

    findings: those that link rows (`other`), of the checks and scores that count. weights: example, weight.
    sealed: numbers of examples of which not even the id may be named. set_aside: of those that do not stay. totals: the
    weight of all rows and of all that stay, where only rows with links are given.
    """
    rows = examples.select("example", "id", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    links = (
        findings.drop_nulls("other")
        .join(rows, on="example")
        .join(rows.select(other="id", other_row="row"), on="other")
        .select("row", "other_row")
    )
    label = components(rows.height, links.to_numpy().astype(np.uint32).reshape(-1, 2))
    weights = weights.with_columns(stays=~pl.col("example").is_in(set_aside.implode()))
    whole = totals or (weights["weight"].sum(), weights.filter("stays")["weight"].sum())
    total, total_kept = (max(1, weight or 1) for weight in whole)
    open_ = ~pl.col("example").is_in(sealed.implode())
    kept = pl.col("stays").fill_null(True)
    grouped = (
        rows.with_columns(label=pl.Series(label, dtype=pl.UInt32))
        .filter(pl.len().over("label") > 1)
        # Here and not in each group, which would look all of the others up anew.
        .with_columns(open=open_)
        .join(weights, on="example", how="left")
        .group_by("label")
        .agg(
            size=pl.len(),
            share=pl.col("weight").sum() / total,
            members=pl.col("id").filter("open").sort().head(MEMBERS),
            kept=kept.sum(),
            share_kept=pl.col("weight").filter(kept).sum() / total_kept,
            name=content_id().min(),
        )
        .sort("size", "name", descending=[True, False])
    )
    sizes = dict(grouped["size"].value_counts().sort("size").iter_rows())
    largest = grouped.head(LARGEST).select("size", "share", "members", "kept", "share_kept")
    return {
        "sizes": {str(size): n for size, n in sizes.items()},
        "largest": [Cluster(*row) for row in largest.iter_rows()],
        "weight": float(grouped["share"].sum()),
        "weight_kept": float(grouped["share_kept"].sum()),
    }


def boilerplate(answers: pl.Series) -> dict[str, list[Phrase]]:
    """Openings and endings of `EDGE` words, and passages of `PASSAGE` and more, that many answers share.

    answers: texts that may be quoted. Most shared first, `LARGEST` of each.
    """
    fewest = fewest_of(len(answers))
    shared = {name: most_shared(edges, len(answers), fewest) for name, edges in edges_of(answers).items()}
    places = passages_of(answers)
    if not places.height:
        return shared | {"passages": []}
    held = held_by(places)
    return shared | {
        "passages": [
            Phrase(passage(answers[first], gram), n, n / len(answers))
            for gram, n, first in most_held(held, fewest).iter_rows()
        ]
    }


def fewest_of(answers: int) -> int:
    """How many of so many answers must share words before they are boilerplate."""
    return max(FEWEST, int(SHARE * answers))


def edges_of(answers: pl.Series) -> dict[str, pl.DataFrame]:
    """openings and endings: key, text and n, how often each is there. Of parts of the data, n adds up."""
    word = r"[\p{L}\p{M}\p{N}_'’-]+[^\s\p{L}\p{N}]*"
    edges = {
        "openings": answers.str.extract(rf"^\s*((?:{word}\s+){{{EDGE - 1}}}{word})"),
        "endings": answers.str.extract(rf"({word}(?:\s+{word}){{{EDGE - 1}}})\s*$"),
    }
    key = pl.col("text").str.to_lowercase().str.replace_all(r"\s+", " ")
    return {
        name: pl.LazyFrame({"text": texts.drop_nulls()})
        .group_by(key.alias("key"))
        .agg(pl.col("text").min(), n=pl.len())
        .collect()
        for name, texts in edges.items()
    }


def most_shared(edges: pl.DataFrame, answers: int, fewest: int) -> list[Phrase]:
    """The `LARGEST` edges that at least `fewest` answers share."""
    counted = edges.filter(pl.col("n") >= fewest).sort("n", "key", descending=[True, False]).head(LARGEST)
    return [Phrase(text, n, n / answers) for text, n in counted.select("text", "n").iter_rows()]


def passages_of(answers: pl.Series) -> pl.DataFrame:
    """gram and answer: the n-grams of `PASSAGE` words of each answer, by its place, at some places."""
    texts = Texts.of(answers)
    documents = np.flatnonzero(texts.ends - texts.starts >= 2 * PASSAGE)

    def sampled(lo: int, hi: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
        part = documents[lo:hi]
        grams, stops = ngrams(texts, part, ngram=PASSAGE)
        owners = np.repeat(part, np.diff(stops, prepend=0)).astype(np.uint32)
        chosen = grams % SAMPLE == 0
        return grams[chosen], owners[chosen]

    parts = in_parallel(sampled, len(documents))
    return pl.DataFrame(
        {
            "gram": np.concatenate([np.empty(0, np.uint64), *(grams for grams, _ in parts)]),
            "answer": np.concatenate([np.empty(0, np.uint32), *(owners for _, owners in parts)]),
        }
    )


def held_by(places: pl.DataFrame) -> pl.DataFrame:
    """gram, n, first and holders: how many answers have it, the first, and a number that stands for them all. Of parts
    of the data, n and holders add up."""
    return places.group_by("gram").agg(
        n=pl.len(), first=pl.col("answer").min(), holders=pl.col("answer").hash().sum()
    )


def most_held(held: pl.DataFrame, fewest: int) -> pl.DataFrame:
    """gram, n and first of the `LARGEST` passages that at least `fewest` answers hold."""
    # A passage is sampled at several places, which have the same first answer and the same count: one is enough.
    return (
        held.filter(pl.col("n") >= fewest)
        .sort("n", "first", "gram", descending=[True, False, False])
        .unique("holders", keep="first", maintain_order=True)
        .unique("first", keep="first", maintain_order=True)
        .head(LARGEST)
        .select("gram", "n", "first")
    )


def passage(text: str, gram: int) -> str:
    """The words of `text` whose n-gram has this hash."""
    places = [match.span() for match in re.finditer(r"\w+", text)]
    for start, end in zip(places, places[PASSAGE - 1 :], strict=False):
        found = text[start[0] : end[1]]
        one = Texts.of(pl.Series([found]))
        if gram in ngrams(one, np.zeros(1, np.int64), ngram=PASSAGE)[0]:
            return " ".join(found.split())
    # In scripts without spaces a word is a character, and places differ.
    return " ".join(text.split())[:200]
