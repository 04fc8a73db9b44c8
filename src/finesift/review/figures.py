"""What follows from a review: how many rows are wrong, how often each check is right, whether people agree.

Wrong is a row that was set aside or corrected. A share of errors is told of rows that were drawn at random only: of
those that were chosen because a check doubted them, it says nothing of the rest. How often a check is right is told of
all its finds that were read.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from finesift.recipe import Lot, Recipe
from finesift.report.places import short_names
from finesift.review.agreement import between
from finesift.review.journal import Journal, judgements, settled
from finesift.review.lots import gate
from finesift.review.order import Order
from finesift.review.statistics import Stratum, weighted, wilson

#: By what errors are counted; columns of `Order.rows`.
BY = ("source", "check", "behaviour", "generator", "synthetic")
# Of finds at a score or above: so many must be read, and so sure must it be that this share of them is wrong.
LEAST_READ, SURE = 10, 0.8
# Shares of right finds under which a check should not act at all.
SELDOM = 0.2


def figures(journal: Journal, order: Order, recipe: Recipe, findings: pl.LazyFrame) -> dict[str, Any]:
    """errors, checks, agreement and lots, ready for JSON. findings: of the rows that may be looked at."""
    judged = _judged(journal, order)
    names = short_names(order.rows["source"].unique().cast(pl.String).drop_nulls())
    lots = [*dict.fromkeys([*recipe.review.lots, *judged["lot"].drop_nulls().unique(maintain_order=True)])]
    return {
        "decided": judged.height,
        "wrong": int(judged["wrong"].sum()),
        "errors": [
            one | {"name": names.get(one["name"], one["name"])} if one["by"] == "source" else one
            for one in _errors(judged.filter(pl.col("lot") == "random"), order.rows)
        ],
        "checks": _checks(judged, findings, recipe),
        "agreement": between(judgements(journal)),
        "lots": [
            gate(journal, name, recipe.review.lots.get(name, Lot()), len(order.of(name))).told()
            for name in lots
        ],
    }


def _judged(journal: Journal, order: Order) -> pl.DataFrame:
    """The rows of the run on which somebody spoke: what holds of each, and the lot that it was drawn from."""
    words = judgements(journal)
    drawn = words.group_by("id").agg(pl.col("lot").drop_nulls().first(), pl.col("edited").any())
    held = settled(journal).filter(pl.col("outcome") != "review").join(drawn, on="id")
    wrong = (pl.col("outcome") == "set_aside") | pl.col("edited")
    return (
        held.with_columns(wrong=wrong)
        .select("id", "lot", "wrong")
        .join(order.rows.select("example", "id", *BY), on="id", how="inner")
    )


def _errors(drawn: pl.DataFrame, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Of rows that were drawn from all: by each of `BY`, and together, weighted by source."""
    if not drawn.height:
        return []
    told = []
    for by in BY:
        counted = (
            rows.group_by(by)
            .len("rows")
            .join(
                drawn.group_by(by).agg(pl.len().alias("read"), pl.col("wrong").sum()),
                on=by,
                how="left",
                nulls_equal=True,
            )
        )
        strata = counted.with_columns(pl.col("read", "wrong").fill_null(0)).sort(
            "rows", by, descending=[True, False]
        )
        if by == "source":
            several = [
                Stratum(wrong, read, of)
                for of, read, wrong in strata.select("rows", "read", "wrong").iter_rows()
            ]
            share, interval = weighted(several)
            told.append(
                _rate(
                    "all", "all rows", int(drawn["wrong"].sum()), drawn.height, rows.height, share, interval
                )
            )
        for name, of, read, wrong in (
            strata.filter(pl.col("read") > 0).select(by, "rows", "read", "wrong").iter_rows()
        ):
            if name is not None:
                told.append(
                    _rate(
                        by,
                        str(name).lower() if by == "synthetic" else name,
                        wrong,
                        read,
                        of,
                        wrong / read,
                        wilson(wrong, read),
                    )
                )
    return told


def _rate(
    by: str, name: str, wrong: int, read: int, rows: int, share: float, interval: tuple[float, float]
) -> dict[str, Any]:
    return {
        "by": by,
        "name": name,
        "wrong": int(wrong),
        "read": read,
        "rows": rows,
        "share": share,
        "interval": list(interval),
    }


def _checks(judged: pl.DataFrame, findings: pl.LazyFrame, recipe: Recipe) -> list[dict[str, Any]]:
    """How often each check's finds were wrong rows, with a limit that would follow."""
    found = (
        findings.select("example", "check", "score")
        .join(judged.lazy().select("example", "wrong"), on="example")
        .group_by("check", "example")
        .agg(pl.col("score").max(), pl.col("wrong").first())
        .sort("check", "score", descending=[False, True])
        .collect()
    )
    told = []
    for (check,), rows in found.partition_by("check", as_dict=True, maintain_order=True).items():
        limit = recipe.limit(str(check))
        right, read = int(rows["wrong"].sum()), rows.height
        told.append(
            {
                "check": check,
                "right": right,
                "read": read,
                "share": right / read,
                "interval": list(wilson(right, read)),
                "review": limit.review,
                "set_aside": limit.set_aside,
                "proposal": proposal(
                    rows["score"].to_list(), rows["wrong"].to_list(), str(check), limit.set_aside
                ),
            }
        )
    return sorted(told, key=lambda one: (-one["read"], one["check"]))


def proposal(scores: list[float], wrong: list[bool], check: str, now: float | None) -> str | None:
    """A limit that the read finds speak for, as `finesift decide` takes it; None where they speak for none.

    scores: falling. The lowest score above which at least `SURE` of the finds are wrong, at 95 % confidence.
    """
    best = None
    for place in range(1, len(scores) + 1):
        last = place == len(scores) or scores[place] < scores[place - 1]
        if last and place >= LEAST_READ and wilson(sum(wrong[:place]), place)[0] >= SURE:
            best = scores[place - 1]
    if best is not None and (now is None or best < now - 1e-6):
        return f"{check}.set_aside={int(best * 1000) / 1000:g}"
    acts = [bad for score, bad in zip(scores, wrong, strict=True) if now is not None and score >= now - 1e-6]
    if len(acts) >= LEAST_READ and wilson(sum(acts), len(acts))[1] <= SELDOM:
        return f"{check}.set_aside=never"
    return None
