import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.ids import content_id
from finesift.registry import Meeting, corpus_check
from finesift.views import normal, prompts


def _asked(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    known = prompts(turns).select("example", key="prompt").drop_nulls()
    return known.join(examples.select("example"), on="example", how="semi")


@corpus_check(
    flags=[[chat("Do you ship to Malta?", "Yes."), chat("Do you ship to Malta?", "No, we do not.")]],
    passes=[
        [chat("Do you ship to Malta?", "Yes."), chat("do you ship to malta", "Yes!")],
        [chat("Do you ship to Malta?", "Yes."), chat("Do you ship to Mali?", "No.")],
    ],
    apart=Meeting(_asked),
)
def same_prompt_different_answers(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Another row answers the very same conversation differently.

    Where the answers contradict each other the model learns neither; where they split over training and test,
    the test measures nothing. Several good answers to an open question are fine, so a person decides.
    """
    shared = (
        prompts(turns)
        .filter(pl.col("prompt").is_not_null() & pl.col("prompt").is_duplicated())
        .with_columns(normal(pl.col("answer")).alias("answer"))
        .join(examples.select("example", "id"), on="example")
        .with_columns(answers=pl.col("answer").n_unique().over("prompt"))
        .filter(pl.col("answers") > 1)
    )
    # Names one row that answers differently: the first by id, whose answer is not this row's own.
    firsts = shared.group_by("prompt", "answer").agg(pl.col("id").sort_by(content_id(), "example").first())
    ranked = firsts.with_columns(place=pl.col("id").rank("ordinal").over("prompt"))
    other = (
        shared.join(ranked.filter(pl.col("place") <= 2), on="prompt", suffix="_other")
        .filter(pl.col("answer") != pl.col("answer_other"))
        .group_by("example", "turn", "answers")
        .agg(other=pl.col("id_other").min())
    )
    return findings(
        other,
        score=1.0,
        other=pl.col("other"),
        message=pl.format(
            "one of {} different answers to this conversation; {} has another", "answers", "other"
        ),
    )
