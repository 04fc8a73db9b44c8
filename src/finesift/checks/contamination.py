import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.match.contain import contained, spread_of
from finesift.registry import Counting, corpus_check

_ITEM = {
    "question": "A train leaves Ghent at nine and travels at eighty kilometres an hour towards the coast. "
    "How far has it come by noon?",
    "answer": "240",
}
_STORY = (
    "The lighthouse keeper counted the ships that passed at night and wrote their number in a book, which his daughter "
    "read aloud at breakfast. In March he counted twelve a night, in April twice as many, and in May it rained so much "
    "that he saw none at all. Over the three months, how many ships did she read out?"
)


_side = pl.col("side").replace("asked", "question and options")


def _percent(column: str) -> pl.Expr:
    return (pl.col(column) * 100).round().cast(pl.Int32)


def _counted(turns: pl.LazyFrame, held_out: pl.LazyFrame, *, ngram: int) -> pl.LazyFrame:
    return spread_of(turns.collect(), held_out.collect(), ngram=ngram).lazy()


def _judged(
    turns: pl.LazyFrame, held_out: pl.LazyFrame, spread: pl.LazyFrame | None, *, ngram: int
) -> pl.LazyFrame:
    of_all = None if spread is None else spread.collect()
    found = contained(turns.collect(), held_out.collect(), ngram=ngram, spread=of_all).lazy()
    return findings(
        found,
        score=pl.col("score"),
        start=pl.col("start"),
        end=pl.col("end"),
        other=pl.format("{}:{}", "set", "item"),
        message=pl.when(pl.col("level") == "exact")
        .then(pl.format("the {} of {}:{}, word for word", _side, "set", "item"))
        .otherwise(
            pl.format(
                "{} % of the {} of {}:{}, {} words of it in a row; {} % of this message",
                _percent("share"), _side, "set", "item", "run", _percent("piece"),
            )
        ),
    )  # fmt: skip


@corpus_check(
    flags=[
        [chat("Please help! " + _ITEM["question"].upper().replace(" ", "\n"), "240") | {"held_out": [_ITEM]}],
        [chat(_STORY.replace("at breakfast", "at tea"), "1,092") | {"held_out": [{"question": _STORY}]}],
    ],
    passes=[
        [chat("How far has it come by noon?", "240 km.") | {"held_out": [_ITEM]}],
        [chat("Is it far to the coast?", "240") | {"held_out": [_ITEM, {"question": "", "answer": "240"}]}],
        [
            chat("What did the keeper write in a book?", "The number of ships.")
            | {"held_out": [{"question": _STORY}]}
        ],
    ],
    everywhere=True,
    apart=Counting(_counted, _judged),
)
def contamination(turns: pl.LazyFrame, held_out: pl.LazyFrame, *, ngram: int = 5) -> pl.LazyFrame:
    """A held-out item stands in the row, whole or for the most part.

    If an evaluation leaked into training, its figure measures memory. The score is the share of an item's question
    (with its options or without) or answer that one message holds, in word n-grams weighted by how rare they are;
    case, spacing and line breaks do not count. Of an item of up to 10 words all must be there, of one of 30 and more
    0.6; a message that is a piece of a long item is for review. An answer of under 20 words proves nothing. Lambert et
    al. 2024, "Tülu 3", set the half of an item's tokens; the weights and the ramp follow AI2's decon.
    """
    return _judged(turns, held_out, None, ngram=ngram)
