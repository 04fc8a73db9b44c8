import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.ids import content_id
from finesift.registry import Narrowing, corpus_check


def _labels(examples: pl.LazyFrame) -> pl.LazyFrame:
    return examples.drop_nulls("label").select("example", "id", "label")


def _one_sided(labels: pl.LazyFrame, *, rows: int, share: float) -> pl.LazyFrame:
    labelled = labels.sort(content_id(), "example")
    whole = labelled.select(pl.col("example").first(), n=pl.len(), wanted=pl.col("label").mean())
    rarer = pl.min_horizontal("wanted", 1 - pl.col("wanted"))
    return findings(
        whole.filter((pl.col("n") >= rows) & (rarer < share)),
        score=1 - rarer,
        message=pl.format("{} % of {} labels are true", (pl.col("wanted") * 100).round(1), "n"),
    )


@corpus_check(
    flags=[[chat(f"{n}?", "Yes.") | {"label": n > 0} for n in range(30)]],
    passes=[[chat(f"{n}?", "Yes.") | {"label": n % 2 == 0} for n in range(30)]],
    apart=Narrowing(_labels, _one_sided),
)
def label_balance(examples: pl.LazyFrame, *, rows: int = 20, share: float = 0.1) -> pl.LazyFrame:
    """Nearly all labels of the set are the same: wanted, or unwanted.

    KTO weighs the two against each other; with hardly any of one kind there is nothing to weigh. One finding,
    at one row, where the rarer label is on less than `share` (a fraction) of at least `rows` labelled rows.
    Source: Ethayarajh et al. 2024, "KTO": n_D λ_D : n_U λ_U between 1 : 1 and 4 : 3.
    """
    return _one_sided(_labels(examples), rows=rows, share=share)
