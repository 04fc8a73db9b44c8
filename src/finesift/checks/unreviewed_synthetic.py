import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check
from finesift.views import is_synthetic, said


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
    return findings(
        examples.filter(is_synthetic()),
        score=1.0,
        message=pl.format("written by {}, and reviewed by nobody", said("generator").fill_null("a model")),
    )
