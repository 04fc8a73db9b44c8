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
# And rows to find one that calls a tool.
_CALLS = 4


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
    """A few rows, as `chat.view.VIEWS`: one whose mask is proved, one with problems and one that calls a tool, if there
    are such rows."""
    faulty = [worst.id for worst in masks.worst if worst.tokens]
    proved, open_faulty = candidates(corpus, findings, splits, [worst.id for worst in masks.worst])
    return shown(corpus, proved, open_faulty, faulty, tokenizer, wanted)


def candidates(
    corpus: Corpus, findings: pl.DataFrame, splits: pl.DataFrame, faulty: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that may be shown: those whose mask is proved (id, example, one, far, calls), the best first, and those of
    the ids `faulty` that are no secret (id, example)."""
    open_ = presentable(corpus, findings, splits)
    aside = splits.filter(pl.col("fate") == "set_aside").select("example")
    with_problems = open_.filter(pl.col("id").is_in(faulty)).select("id", "example")
    told = pl.concat([corpus.problems["example"], with_problems["example"]])
    messages = corpus.turns.group_by("example").agg(
        messages=pl.len(), calls=pl.col("tool_calls").is_not_null().any()
    )
    # Of a size that is read at a glance, and rather with several turns; which of them follows content, not order.
    proved = (
        open_.filter(~pl.col("example").is_in(told.implode()))
        .join(aside, on="example", how="anti")
        .join(corpus.rendered.filter(pl.col("trained") > 0), on="example")
        .join(messages, on="example")
        .with_columns(far=(pl.col("tokens").cast(pl.Int64) - _GLANCE).abs(), one=pl.col("messages") < 4)
        .select("id", "example", "one", "far", "calls")
    )
    return best(proved), with_problems


def best(proved: pl.DataFrame) -> pl.DataFrame:
    """The rows that are rendered to find one to show."""
    in_order = proved.sort("one", "far", "id")
    both = pl.concat([in_order.head(_LOOKED_AT), in_order.filter("calls").head(_CALLS)])
    return both.unique("id", keep="first", maintain_order=True)


def shown(
    corpus: Corpus,
    proved: pl.DataFrame,
    with_problems: pl.DataFrame,
    faulty: list[str],
    tokenizer: Tokenizer,
    wanted: Wanted,
) -> pl.DataFrame:
    """Of `candidates` two rows, and one more where neither calls a tool and another does. corpus: has these rows at
    least. faulty: ids, the worst first."""
    by_id = dict(with_problems.select("id", "example").iter_rows())
    worst = [by_id[id_] for id_ in faulty if id_ in by_id]
    # Losses that the recipe accepts are no findings: only the view says which row has none.
    views = view(corpus, tokenizer, [*proved["example"], *worst[:1]], wanted)
    order = {id_: place for place, id_ in enumerate(proved["id"])}
    clean = sorted((one for one in views if not one.problems), key=lambda one: order.get(one.id, _LOOKED_AT))
    faulty_ones = [one for one in views if one.problems and one.id not in order]
    chosen = [*clean[: 1 if faulty_ones else 2], *faulty_ones[:1]]
    calling = set(proved.filter("calls")["id"]) | _calling(corpus, worst)
    if not any(one.id in calling for one in chosen):
        chosen += [one for one in clean if one.id in calling][:1]
    return pl.DataFrame([one.as_dict() for one in chosen], schema=VIEWS)


def _calling(corpus: Corpus, examples: list[int]) -> set[str]:
    """The ids of those of the rows that call a tool."""
    calling = corpus.turns.filter(pl.col("example").is_in(examples) & pl.col("tool_calls").is_not_null())
    return set(corpus.examples.join(calling, on="example", how="semi")["id"])
