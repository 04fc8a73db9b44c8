import polars as pl

from finesift.corpus import chat
from finesift.embed.load import load_encoder
from finesift.findings import findings
from finesift.match.judge import EndpointJudge
from finesift.match.restate import counted, restated, restated_among, worth_looking
from finesift.registry import Weighing, corpus_check

_ITEM = {
    "question": "Marieke's bakery sells 48 loaves every morning and half as many in the afternoon. How many loaves "
    "does the bakery sell in 5 days?"
}


def _counted(turns: pl.LazyFrame, held_out: pl.LazyFrame) -> pl.LazyFrame:
    return counted(turns.collect(), held_out.collect()).lazy()


def _worth_looking(
    turns: pl.LazyFrame, held_out: pl.LazyFrame, counts: pl.LazyFrame, *, encoder: str, texts: int
) -> pl.LazyFrame:
    loaded = load_encoder(encoder or None)
    return worth_looking(turns.collect(), held_out.collect(), counts.collect(), loaded, budget=texts).lazy()


def _restated(
    little: pl.LazyFrame, held_out: pl.LazyFrame, *, encoder: str, texts: int, judge: str
) -> pl.LazyFrame:
    asked = EndpointJudge(judge) if judge else None
    loaded = load_encoder(encoder or None)
    return _told(
        restated_among(little.collect(), held_out.collect(), loaded, judge=asked, budget=texts).lazy()
    )


def _told(found: pl.LazyFrame) -> pl.LazyFrame:
    return findings(
        found,
        score=pl.col("score"),
        other=pl.format("{}:{}", "set", "item"),
        message=pl.when(pl.col("cosine").is_null())
        .then(pl.format("may restate {}:{}: it has {} % of its rare words", "set", "item", _percent("words")))
        .otherwise(
            pl.format(
                "may restate {}:{}: the cosine of their embeddings is {}, it has {} % of its rare words",
                "set", "item", pl.col("cosine").round(2), _percent("words"),
            )
        )
        + pl.when("judged")
        .then(pl.lit("; the judge says that it asks the same"))
        .when(~pl.col("judged"))
        .then(pl.lit("; the judge says that it asks something else"))
        .otherwise(pl.lit("")),
    )  # fmt: skip


@corpus_check(
    flags=[
        [
            chat("In 5 days, how many loaves are sold by Marieke's bakery, selling 48 loaves in the morning and half "
                 "as many every afternoon?", "360") | {"held_out": [_ITEM]}
        ]
    ],
    passes=[[chat("How do I keep a loaf of bread fresh for longer?", "In a cloth.") | {"held_out": [_ITEM]}]],
    apart=Weighing(_counted, _worth_looking, _restated),
)  # fmt: skip
def restatement(
    turns: pl.LazyFrame, held_out: pl.LazyFrame, *, encoder: str = "", texts: int = 4_000, judge: str = ""
) -> pl.LazyFrame:
    """A prompt asks what a held-out item asks, in other words.

    A model that was trained on a paraphrase of an evaluation scores as if it had seen it; of 1,319 rephrased GSM8K
    questions none shares 13 words in a row with its original. The score joins the rare words that both have with the
    cosine of their embeddings, where the extra `[semantic]` or the setting `encoder` gives any; at most `texts` are
    embedded, those that share most first. Where `judge` names a chat model (http://HOST/v1#MODEL), it is asked about the
    likely ones, and its word decides between 0.95 and nearly 0. Yang et al. 2023, "Rethinking benchmark and contamination for language models
    with rephrased samples".
    """
    asked = EndpointJudge(judge) if judge else None
    loaded = load_encoder(encoder or None)
    return _told(restated(turns.collect(), held_out.collect(), loaded, judge=asked, budget=texts).lazy())


def _percent(column: str) -> pl.Expr:
    return (pl.col(column) * 100).round().cast(pl.Int32)
