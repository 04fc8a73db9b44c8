import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[chat("Name a salt.", "Borax.") | {"extra": {"synthetic": True, "generator": "small-7b"}}],
    passes=[chat("Name a salt.", "Borax."), chat("Name a salt.", "Borax.") | {"extra": {"synthetic": False}}],
)
def unreviewed_synthetic(examples: pl.LazyFrame) -> pl.LazyFrame:
    """A row that a model wrote, of which no person said that it is right.

    It inherits what its generator does not see. The row says so itself (`synthetic: true`), as those of `finesift
    generate` do. A person's word lets it train, or a lot of synthetic rows whose sample passed (`[review] lots`);
    without either it is set aside. Only `train_unreviewed_synthetic` under [policy] changes that.
    """
    marked = pl.col("extra").str.json_path_match("$.synthetic").str.to_lowercase().is_in(["true", "1", "yes"])
    says = pl.col("extra").str.contains('"synthetic":', literal=True)
    return findings(
        examples.filter(says.fill_null(False)).filter(marked.fill_null(False)),
        score=1.0,
        message=pl.format(
            "written by {}, and reviewed by nobody",
            pl.col("extra").str.json_path_match("$.generator").fill_null("a model"),
        ),
    )
