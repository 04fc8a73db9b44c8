import polars as pl

from finesift.corpus import chat, is_answer, normal, text
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[chat("What is the capital of Peru?", "What is the capital of Peru?")],
    passes=[chat("What is the capital of Peru?", "The capital of Peru is Lima."), chat("Hi", "Hi!")],
)
def echoes_prompt(turns: pl.LazyFrame, *, characters: int = 20) -> pl.LazyFrame:
    """An answer repeats the message before it, whole (score 1.0) or as its opening (0.6).

    A generator that lost its way continues the prompt instead of answering it. Prompts shorter than
    `characters` are left alone: "Hi!" is a fine answer to "Hi".
    """
    previous = text.shift(1).over("example", "part")
    asked = turns.with_columns(previous=previous).filter(is_answer & (previous.str.len_chars() >= characters))
    # The cheap test first: only answers that could contain the prompt are normalised.
    longer = asked.filter(text.str.len_chars() * 2 >= pl.col("previous").str.len_chars())
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
