import polars as pl

from finesift.corpus import pair
from finesift.findings import findings
from finesift.registry import check
from finesift.views import normal, text, visible


@check(
    flags=[
        pair("Name a river.", "The Loire.", "The Loire."),
        pair("Name a river.", "The Loire.", "the Loire"),
        pair("Name a river.", "", "The Loire."),
    ],
    passes=[pair("Name a river.", "The Loire.", "The Alps.")],
)
def pair_without_contrast(turns: pl.LazyFrame) -> pl.LazyFrame:
    """A preference pair has equal sides (1.0), nearly equal ones or an empty one (0.7).

    The loss of such a pair is noise: there is nothing to prefer, or length alone decides. Case, spacing and the
    stops at the ends of words are seldom what was preferred, but may be: a person decides.
    """

    def said(content: pl.Expr) -> pl.Expr:
        return pl.concat_str(
            pl.col("role").cast(pl.String), content, pl.col("tool_calls").fill_null(""), separator="\x1f"
        )

    side = (
        turns.filter(pl.col("part") != "messages")
        .with_columns(
            said=said(text.str.strip_chars()),
            words=said(normal()),
            full=visible | pl.col("tool_calls").is_not_null(),
        )
        .group_by("example", "part", maintain_order=True)
        .agg(pl.col("said", "words").str.join("\x1e"), pl.col("full").any())
    )
    both = side.group_by("example", maintain_order=True).agg(
        equal=(pl.col("said").n_unique() == 1) & (pl.len() == 2),
        alike=(pl.col("words").n_unique() == 1) & (pl.len() == 2),
        bare=~pl.col("full").all() | (pl.len() == 1),
    )
    return findings(
        both.filter(pl.col("alike") | pl.col("bare")),
        score=pl.when("equal").then(1.0).otherwise(0.7),
        message=pl.when("equal")
        .then(pl.lit("chosen and rejected say the same"))
        .when("alike")
        .then(pl.lit("chosen and rejected differ in case, spacing or stops only"))
        .otherwise(pl.lit("one side of the pair is empty")),
    )
