import polars as pl

from finesift.corpus import chat
from finesift.findings import between, findings
from finesift.match.nearness import NEARNESS
from finesift.registry import corpus_check


@corpus_check(
    flags=[
        [
            chat("How do I get rid of the limescale in my kettle?", "Boil it with a spoon of citric acid."),
            chat(
                "Please, how do I get rid of limescale in the kettle?", "Buy another one; they are cheap now."
            ),
        ]
    ],
    passes=[
        [
            chat("How do I get rid of the limescale in my kettle?", "Boil it with a spoon of citric acid."),
            chat("What is the capital of Malta?", "Valletta."),
        ],
    ],
)
def same_meaning_prompt(alike: pl.LazyFrame, examples: pl.LazyFrame, *, answer: float = 0.75) -> pl.LazyFrame:
    """Another row asks the same in other words and is answered otherwise.

    Two answers to one question are no fault, so nothing is decided; but a model that was trained on one wording is
    not tested by the other, so both are kept on one side of the split. Found and scored as `paraphrase_duplicate` is;
    the answers are less alike than the cosine `answer`.
    """
    return findings(
        between(alike.filter(pl.col("answer") < answer), examples),
        score=pl.col("score"),
        other=pl.col("other"),
        message=pl.format(
            "asks the same in other words ({}); the answers differ",
            NEARNESS,
        ),
    )
