import polars as pl

from finesift.corpus import chat, content_id
from finesift.findings import findings
from finesift.registry import corpus_check


@corpus_check(
    flags=[[chat(f"{n}?", "Yes.") | {"label": n > 0} for n in range(30)]],
    passes=[[chat(f"{n}?", "Yes.") | {"label": n % 2 == 0} for n in range(30)]],
)
def label_balance(examples: pl.LazyFrame, *, rows: int = 20, share: float = 0.1) -> pl.LazyFrame:
    """Nearly all labels of the set are the same: wanted, or unwanted.

    KTO weighs the two against each other; with hardly any of one kind there is nothing to weigh. One finding,
    at one row, where the rarer label is on less than `share` (a fraction) of at least `rows` labelled rows.
    Source: Ethayarajh et al. 2024, "KTO": n_D λ_D : n_U λ_U between 1 : 1 and 4 : 3.
    """
    labelled = examples.filter(pl.col("label").is_not_null()).sort(content_id(), "example")
    whole = labelled.select(pl.col("example").first(), n=pl.len(), wanted=pl.col("label").mean())
    rarer = pl.min_horizontal("wanted", 1 - pl.col("wanted"))
    return findings(
        whole.filter((pl.col("n") >= rows) & (rarer < share)),
        score=1 - rarer,
        message=pl.format("{} % of {} labels are true", (pl.col("wanted") * 100).round(1), "n"),
    )
