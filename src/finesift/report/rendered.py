"""Which rows a report shows as the model reads them."""

from __future__ import annotations

import polars as pl

from finesift.chat.spans import Wanted
from finesift.chat.tokenizer import Tokenizer
from finesift.chat.view import VIEWS, view
from finesift.corpus import Corpus
from finesift.report.summary import Masks

# Tokens of a row that is read at a glance.
_GLANCE = 180
# Rows that are rendered to find one without problems.
_LOOKED_AT = 32


def presentable(corpus: Corpus, findings: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """example and id of the rows that are neither sealed nor hold a secret."""
    shut = pl.concat(
        [splits.filter("sealed")["example"], findings.filter(pl.col("check") == "secrets")["example"]]
    )
    return corpus.examples.filter(~pl.col("example").is_in(shut.implode())).select("example", "id")


def rendered(
    corpus: Corpus,
    findings: pl.DataFrame,
    splits: pl.DataFrame,
    masks: Masks,
    tokenizer: Tokenizer,
    wanted: Wanted,
) -> pl.DataFrame:
    """Two rows, as `chat.view.VIEWS`: one whose mask is proved, and one with problems, if there is any."""
    open_ = presentable(corpus, findings, splits)
    aside = splits.filter(pl.col("fate") == "set_aside").select("example")
    faulty = [worst.id for worst in masks.worst]
    told = pl.concat([corpus.problems["example"], open_.filter(pl.col("id").is_in(faulty))["example"]])
    messages = corpus.turns.group_by("example").agg(messages=pl.len())
    # Of a size that is read at a glance, and rather with several turns; which of them follows content, not order.
    proved = (
        open_.filter(~pl.col("example").is_in(told.implode()))
        .join(aside, on="example", how="anti")
        .join(corpus.rendered.filter(pl.col("trained") > 0), on="example")
        .join(messages, on="example")
        .with_columns(far=(pl.col("tokens").cast(pl.Int64) - _GLANCE).abs(), one=pl.col("messages") < 4)
        .sort("one", "far", "id")
    )
    by_id = dict(open_.select("id", "example").filter(pl.col("id").is_in(faulty)).iter_rows())
    with_problems = [by_id[worst.id] for worst in masks.worst if worst.id in by_id and worst.tokens]
    # Losses that the recipe accepts are no findings: only the view says which row has none.
    looked_at = [*proved["example"].head(_LOOKED_AT), *with_problems[:1]]
    views = view(corpus, tokenizer, looked_at, wanted)
    order = {id_: place for place, id_ in enumerate(proved["id"].head(_LOOKED_AT))}
    clean = sorted((one for one in views if not one.problems), key=lambda one: order.get(one.id, _LOOKED_AT))
    faulty_ones = [one for one in views if one.problems and one.id not in order]
    shown = [*clean[: 1 if faulty_ones else 2], *faulty_ones[:1]]
    return pl.DataFrame([one.as_dict() for one in shown], schema=VIEWS)
