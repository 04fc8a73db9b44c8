import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check
from finesift.views import is_answer, normal, previous, text

_BEGINNING = 10


@check(
    flags=[chat("What is the capital of Peru?", "What is the capital of Peru?")],
    passes=[chat("What is the capital of Peru?", "The capital of Peru is Lima."), chat("Hi", "Hi!")],
)
def echoes_prompt(turns: pl.LazyFrame, *, characters: int = 20) -> pl.LazyFrame:
    """An answer repeats the message before it, whole (score 1.0) or as its opening (0.6).

    A generator that lost its way continues the prompt instead of answering it. Prompts shorter than
    `characters` are left alone: "Hi!" is a fine answer to "Hi".
    """
    asked = turns.with_columns(previous=previous(text)).filter(
        is_answer & (pl.col("previous").str.len_chars() >= characters)
    )
    # The cheap test first: only what begins alike is compared whole.
    begins = [
        normal(side.str.head(2 * _BEGINNING)).str.head(_BEGINNING) for side in (text, pl.col("previous"))
    ]
    longer = asked.filter(begins[0] == begins[1])
    answer, prompt = normal(), normal(pl.col("previous"))
    echo = longer.with_columns(answer=answer, prompt=prompt).filter(
        pl.col("answer").str.starts_with(pl.col("prompt"))
    )
    whole = pl.col("answer") == pl.col("prompt")
    return findings(
        echo,
        score=pl.when(whole).then(1.0).otherwise(0.6),
        start=0,
        end=pl.min_horizontal(text.str.len_chars(), pl.col("previous").str.len_chars()),
        message=pl.when(whole)
        .then(pl.lit("the answer is the prompt again"))
        .otherwise(pl.lit("the answer opens with the whole prompt")),
    )
