import polars as pl

from finesift.corpus import chat
from finesift.findings import between, findings
from finesift.match.nearness import NEARNESS
from finesift.registry import corpus_check

_ANSWER = (
    "Boil it with a spoon of citric acid, wait for half an hour, pour the water away and rinse it twice."
)


@corpus_check(
    flags=[
        [
            chat("How do I get rid of the limescale in my kettle?", _ANSWER),
            chat("Hello! My kettle: how do I get rid of the limescale in it, please?", _ANSWER),
        ]
    ],
    passes=[
        [
            chat("How do I get rid of the limescale in my kettle?", _ANSWER),
            chat("What is the capital of Malta?", "Valletta."),
        ],
        [chat("What are 12 stone in kilos?", "About 76."), chat("In kilos, what are 13 stone?", "About 83.")],
    ],
)
def paraphrase_duplicate(
    alike: pl.LazyFrame,
    examples: pl.LazyFrame,
    *,
    encoder: str = "",  # noqa: ARG001  for the comparison before it, as `texts` is
    texts: int = 100,  # noqa: ARG001
    answer: float = 0.75,
) -> pl.LazyFrame:
    """Another row asks the same in other words, and is answered alike.

    Such rows reweight the data as copies do, and no comparison of words sees them. The packaged static vectors
    propose; what differs in a number, a unit, a "not", a name, code or what fills a template is no pair; the encoder of
    the extra `[semantic]`, or of the setting `encoder`, confirms as many as `texts` allow, the likeliest first, and
    without it only what is nearly certain is given. The score says how likely both ask the same; answers are alike
    from the cosine `answer` on. Abbas et al. 2023, "SemDeDup: data-efficient learning at web-scale through semantic
    deduplication", whose transitive clusters and lack of a guard are not followed.
    """
    return findings(
        between(alike.filter(pl.col("answer") >= answer), examples),
        score=pl.col("score"),
        other=pl.col("other"),
        message=pl.format(
            "asks the same in other words ({}), and the answers are alike ({})",
            NEARNESS,
            pl.when(pl.col("answer") == 1).then(pl.lit("the same")).otherwise(pl.col("answer").round(2)),
        ),
    )
