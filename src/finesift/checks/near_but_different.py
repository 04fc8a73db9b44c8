import polars as pl

from finesift.corpus import chat
from finesift.findings import between, findings
from finesift.registry import corpus_check

_ASKED = "What is the rest energy of this particle, as the second table of the report that you read gives it?"
_TOLD = "The second table of the report gives its rest energy as {} MeV, measured in the spring and confirmed since."


@corpus_check(
    flags=[
        [chat(_ASKED, _TOLD.format("1.022")), chat(_ASKED, _TOLD.format("1.032"))],
        [chat("Which table?", _TOLD), chat("Show me that, please.", _TOLD)],
    ],
    passes=[
        [chat(_ASKED, _TOLD.format("1.022")), chat(_ASKED, _TOLD.format("1.022").replace("as", "to be"))]
    ],
)
def near_but_different(near: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Another row has nearly the same words but says something else: a number, a name, a "not" differs.

    "1.022 MeV" and "1.032 MeV" are different facts, and one of the two rows may be wrong; nothing but a person can
    tell. Numbers and units (in words as well), negations, opposites, identifiers, names, operators, system prompts,
    tools and labels are compared; rows that fill one template, and rows whose prompts or answers differ altogether, are here too. The
    score is the Jaccard similarity of the word n-grams of the whole.
    """
    pairs = near.filter(pl.col("differs").is_not_null() & (pl.col("whole") >= 0.5))
    return findings(
        between(pairs, examples),
        score=pl.col("whole"),
        other=pl.col("other"),
        message=pl.format(
            "{} % the same words, but {} differs", (pl.col("whole") * 100).round().cast(pl.Int32), "differs"
        ),
    )
