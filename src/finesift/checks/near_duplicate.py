import polars as pl

from finesift.corpus import chat
from finesift.findings import between, findings
from finesift.registry import corpus_check

_PROMPT = "My bread comes out of the oven flat and heavy every time. What should I change first?"
_ANSWER = (
    "Let the dough rest until it has doubled and springs back slowly when you press it, which takes longer in a cold "
    "kitchen than any recipe says. Then bake it hot, with steam, and do not open the door early."
)
_SIMILARITIES = [
    (pl.col(view) * 100).round().cast(pl.Int32) for view in ("whole", "prompt", "answer")
]  # shown as percentages


@corpus_check(
    flags=[[chat(_PROMPT, _ANSWER), chat(_PROMPT, _ANSWER.replace("which takes", "and that takes"))]],
    passes=[
        [chat(_PROMPT, _ANSWER), chat(_PROMPT, "Weigh your flour; a cup holds more than you think.")],
        [chat(_PROMPT, _ANSWER), chat(_PROMPT, _ANSWER.replace("do not open", "open"))],
    ],
)
def near_duplicate(near: pl.LazyFrame, examples: pl.LazyFrame, *, ngram: int = 5) -> pl.LazyFrame:
    """Another row says nearly the same, as a whole, in its prompt and in its answer.

    Near copies reweight the data as exact ones do, and are more. The score is the Jaccard similarity of the word
    n-grams of the whole, computed, not estimated; prompt and answer must reach 0.5 each, where a part of under 10
    words counts half unless it is equal. Rows that differ in a number, a name or a negation are for
    `near_but_different`. Lee et al. 2021, "Deduplicating training data makes language models better".
    """
    alike = pl.min_horizontal("whole", "prompt", "answer") >= 0.5
    pairs = near.filter(pl.col("differs").is_null() & alike)
    return findings(
        between(pairs, examples),
        score=pl.col("whole"),
        other=pl.col("other"),
        message=pl.format(
            "nearly the same: {} % of all, {} % of the prompt, {} % of the answer in {}-grams of words",
            *_SIMILARITIES,
            pl.lit(ngram),
        ),
    )
