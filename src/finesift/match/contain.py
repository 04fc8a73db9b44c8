"""How much of a held-out item stands in a message, and how much of the message in the item.

Both are sets of word n-grams. Each n-gram counts the less the more items and rows have it, so that templates,
quotations and formulas weigh little; what is left says whether this item was seen.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.match.grams import Index, ngrams, words
from finesift.match.texts import Texts
from finesift.views import normal

#: The sides of an item, and the column of HELD_OUT that each is made of. "asked" is a question with its options.
SIDES = ("question", "asked", "answer")
# n-grams that more items than this share are not looked for; an item that has some of them is that much less known.
COMMON, COMMON_WEIGHT = 20, 0.2
# From here on all of an item counts as there.
ALL = 0.9
# Of an item of so few words all must be there; of one of so many, LONG_SHARE: two words changed in thirty leave about
# that much of its 5-grams. Between them, in proportion.
SHORT_WORDS, LONG_WORDS = 10, 30
LONG_SHARE = 0.6
# Answers of fewer words are everybody's.
ANSWER_WORDS = 20
# So few words are said by chance, even all of them: a matter for a person. So are a few more where the message goes on
# to say other things, or where they are a question without its options ("Which of these statements is false?").
TINY_WORDS, FEW_WORDS, DOUBTFUL = 5, 10, 0.5
# A message of which nearly all stands in a long item is a piece of it, and a matter for a person.
PIECE_SHARE, PIECE_WORDS, PIECE_SCORE = 0.8, 20, 0.5

_WORD = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{M}\p{N}_]+"

FOUND = pl.Schema(
    {
        "example": pl.UInt32,
        "turn": pl.UInt32,
        "set": pl.String,
        "item": pl.UInt32,
        "side": pl.String,  # of SIDES
        "level": pl.String,  # exact: the same but for case, spacing and punctuation; n-gram: the rest
        "score": pl.Float32,  # what limits compare with
        "share": pl.Float32,  # of the side that the message holds, weighted
        "piece": pl.Float32,  # of the message that the side holds
        "run": pl.UInt32,  # the longest run of words that they share
        "start": pl.UInt32,  # of what is shared, in characters of the message; null: not known
        "end": pl.UInt32,
    }
)


def contained(
    turns: pl.DataFrame, held_out: pl.DataFrame, *, ngram: int = 5, spread: pl.DataFrame | None = None
) -> pl.DataFrame:
    """One row of FOUND per example and item of which enough is there, the side with the highest score.

    turns: columns example, turn, role, content. Instructions (system prompts) count as any message does: what stands
    in them is trained on, or near it. spread: of all rows, where `turns` are some of them; see `spread_of`.
    """
    sides = _sides(held_out)
    said = _said(turns)
    found = pl.concat([_exact(said, sides), _overlapping(said, sides, ngram, spread)])
    best = found.sort("score", "set", "item", "side", "turn", descending=[True, False, False, True, False])
    return best.unique(["example", "set", "item"], keep="first", maintain_order=True).sort(
        "example", "set", "item"
    )


def spread_of(turns: pl.DataFrame, held_out: pl.DataFrame, *, ngram: int = 5) -> pl.DataFrame:
    """gram and rows: how many examples have each n-gram of the items that any has. Of parts of the data, it adds up."""
    index, _, _ = _index(_sides(held_out), ngram)
    return _spread(_hits(index, _said(turns)))


def _said(turns: pl.DataFrame) -> pl.DataFrame:
    return turns.filter(pl.col("content").str.len_bytes() > 0).select("example", "turn", "content")


def _hits(index: Index, said: pl.DataFrame) -> pl.DataFrame:
    """row, place, gram and example of all n-grams of items that stand in messages."""
    rows, places, grams = index.find(Texts.of(said["content"]))
    return pl.DataFrame(
        {"row": rows, "place": places, "gram": grams, "example": said["example"].to_numpy()[rows]}
    )


def _spread(hits: pl.DataFrame) -> pl.DataFrame:
    return hits.group_by("gram").agg(rows=pl.col("example").n_unique())


def _sides(held_out: pl.DataFrame) -> pl.DataFrame:
    """key (of the item), set, item, side, text, bare (a question without its options), words and number of each side
    that has any words."""
    asked = pl.concat_str("question", "options", separator="\n")
    held_out = held_out.with_columns(key=pl.struct("set", "item").rank("dense").cast(pl.UInt32))
    sides = [
        held_out.select(
            "key",
            "set",
            "item",
            pl.lit(side).alias("side"),
            text.alias("text"),
            bare=pl.lit(side == "question") & pl.col("options").is_not_null(),
        ).drop_nulls("text")
        for side, text in zip(SIDES, (pl.col("question"), asked, pl.col("answer")), strict=True)
    ]
    counted = pl.concat(sides).with_columns(words=pl.col("text").str.count_matches(_WORD))
    return counted.filter(pl.col("words") > 0).with_row_index("number")


def _exact(said: pl.DataFrame, sides: pl.DataFrame) -> pl.DataFrame:
    """Messages that are an item's question or answer, and nothing else."""
    key = normal(pl.col("content"))
    same = (
        said.lazy()
        .with_columns(key=key)
        .filter(pl.col("key") != "")
        .join(
            sides.lazy().select("set", "item", "side", "words", "bare", key=normal(pl.col("text"))), on="key"
        )
        .with_columns(characters=pl.col("content").str.len_chars())
        # A short answer ("240", "yes") is everybody's.
        .filter((pl.col("side") != "answer") | (pl.col("words") >= ANSWER_WORDS))
        .collect()
    )
    return same.select(
        "example", "turn", "set", "item", "side",
        level=pl.lit("exact"),
        score=pl.when((pl.col("words") < TINY_WORDS) | (pl.col("bare") & (pl.col("words") < FEW_WORDS)))
        .then(DOUBTFUL).otherwise(1.0),
        share=pl.lit(1.0), piece=pl.lit(1.0), run="words", start=pl.lit(0), end="characters",
    ).cast(FOUND)  # fmt: skip


def _overlapping(
    said: pl.DataFrame, sides: pl.DataFrame, ngram: int, spread: pl.DataFrame | None
) -> pl.DataFrame:
    index, postings, sides = _index(sides, ngram)
    hits = _hits(index, said)
    if not hits.height:
        return FOUND.to_frame()
    # How many rows have an n-gram is known for those that any has; an n-gram of one row and one item weighs 1.
    weights = (
        (_spread(hits) if spread is None else spread)
        .join(postings.group_by("gram").agg(items=pl.col("key").n_unique()), on="gram")
        .select("gram", alone=pl.col("items") == 1, weight=1 / (1 + (pl.col("rows") * pl.col("items")).log()))
    )
    weighed = postings.join(weights, on="gram", how="left").with_columns(pl.col("weight").fill_null(1.0))
    whole = weighed.group_by("number").agg(known=pl.col("weight").sum(), telling=pl.len())
    whole = sides.join(whole, on="number", how="left").select(
        "number", whole=pl.col("known") + COMMON_WEIGHT * (pl.col("grams") - pl.col("telling"))
    )
    held = hits.join(weighed.select("gram", "number", "weight", "alone"), on="gram", maintain_order="left")
    shared = (
        held.lazy()
        .unique(["row", "number", "gram"], keep="first", maintain_order=True)
        .group_by("row", "number", maintain_order=True)
        # A quotation that several items hold makes no message a piece of one.
        .agg(shared=pl.col("weight").sum(), grams=pl.col("alone").sum())
        .join(whole.lazy(), on="number", maintain_order="left")
        .with_columns(share=(pl.col("shared") / pl.col("whole")).clip(0, 1))
        # Whoever shares little of an item and is no piece of it is out before anything is done with its text.
        .filter((pl.col("share") >= 0.3) | (pl.col("grams") + ngram - 1 >= PIECE_WORDS))
        .collect()
    )
    where = (
        held.join(shared, on=["row", "number"], how="semi")
        .group_by("row", "number")
        .agg(places=pl.col("place").sort())
    )
    shared = shared.join(where, on=["row", "number"], maintain_order="left")
    return _scored(shared, said, sides, Texts.of(said["content"]), ngram)


def _index(sides: pl.DataFrame, ngram: int) -> tuple[Index, pl.DataFrame, pl.DataFrame]:
    """The index of all n-grams that tell items apart; postings: gram, number (of the side), key (of the item); and the
    sides with the number of their n-grams."""
    texts = Texts.of(sides["text"])
    grams, stops = ngrams(texts, np.arange(len(texts)), ngram=ngram)
    counts = np.diff(stops, prepend=0)
    owners = np.repeat(np.arange(len(texts), dtype=np.uint32), counts)
    held = pl.DataFrame({"hash": grams, "number": owners, "key": sides["key"].to_numpy()[owners]})
    telling = (
        held.lazy()
        .select("hash", "key")
        .unique()
        .group_by("hash")
        .len()
        .filter(pl.col("len") <= COMMON)
        .select(pl.col("hash").sort())
        .with_row_index("gram")
        .collect()
    )
    postings = held.join(telling, on="hash").select("gram", "number", "key")
    return Index(telling["hash"].to_numpy(), ngram), postings, sides.with_columns(grams=pl.Series(counts))


def _scored(
    shared: pl.DataFrame, said: pl.DataFrame, sides: pl.DataFrame, texts: Texts, ngram: int
) -> pl.DataFrame:
    needed = pl.lit(1.0) - (1 - LONG_SHARE) * (
        (pl.col("words").cast(pl.Float64) - SHORT_WORDS) / (LONG_WORDS - SHORT_WORDS)
    ).clip(0, 1)
    lengths = pl.DataFrame(
        [(row, len(words(texts, row)[0])) for row in shared["row"].unique().to_list()],
        schema={"row": pl.UInt32, "said": pl.UInt32},
        orient="row",
    )
    measured = (
        shared.join(lengths, on="row")
        .join(sides.drop("grams"), on="number")
        .with_columns(
            piece=(pl.col("grams") / (pl.col("said").cast(pl.Int64) - ngram + 1).clip(1)).clip(0, 1),
        )
        .with_columns(
            whole_score=(pl.col("share") * LONG_SHARE / needed).clip(0, 1),
            piece_score=pl.when((pl.col("piece") >= PIECE_SHARE) & (pl.col("said") >= PIECE_WORDS))
            .then(PIECE_SCORE)
            .otherwise(0.0),
        )
        .with_columns(
            score=pl.max_horizontal(
                pl.when((pl.col("side") == "answer") & (pl.col("words") < ANSWER_WORDS))
                .then(0.0)
                .when((pl.col("words") < FEW_WORDS) & (pl.col("share") < ALL))
                .then(0.0)
                .when((pl.col("words") < FEW_WORDS) & (pl.col("bare") | (pl.col("piece") < 0.5)))
                .then(DOUBTFUL)
                .when(pl.col("words") < TINY_WORDS)
                .then(DOUBTFUL)
                .when(pl.col("share") >= ALL)
                .then(1.0)
                .otherwise("whole_score"),
                "piece_score",
            )
        )
        .filter(pl.col("score") >= 0.3)
    )
    if not measured.height:
        return FOUND.to_frame()
    contents = said["content"].gather(measured["row"])
    spans = [
        _span(texts, row, np.asarray(places), ngram, content)
        for (row, places), content in zip(measured.select("row", "places").iter_rows(), contents, strict=True)
    ]
    return measured.select(
        said["example"].gather(measured["row"]).alias("example"),
        said["turn"].gather(measured["row"]).alias("turn"),
        "set", "item", "side",
        pl.lit("n-gram").alias("level"),
        "score", "share", "piece",
        pl.Series("run", [run for run, _, _ in spans]),
        pl.Series("start", [start for _, start, _ in spans]),
        pl.Series("end", [end for _, _, end in spans]),
    ).cast(FOUND)  # fmt: skip


def _span(
    texts: Texts, row: int, places: NDArray[np.uint32], ngram: int, content: str
) -> tuple[int, int, int]:
    """The longest run of shared words, and from where to where it goes, in characters of the message."""
    _, ends = words(texts, row)
    breaks = np.flatnonzero(np.diff(places.astype(np.int64)) > 1) + 1
    longest = max(np.split(places.astype(np.int64), breaks), key=len)
    first, last = int(longest[0]), min(int(longest[-1]) + ngram - 1, len(ends) - 1)
    start = _characters(content, int(ends[first - 1])) if first else 0
    end = _characters(content, int(ends[last]))
    while start < end and not content[start].isalnum():
        start += 1
    return last - first + 1, start, end


def _characters(text: str, size: int) -> int:
    """Characters in so many bytes; where the text was normalised first, as near as that comes."""
    return min(len(text), len(text.encode()[:size].decode("utf-8", "ignore")))
