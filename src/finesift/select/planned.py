"""A plan's behaviours in what is chosen from, and how many rows of each it asks for."""

from __future__ import annotations

import polars as pl

from finesift.cover.of_run import declining
from finesift.cover.plan import Plan
from finesift.cover.rows import planned, rows_of
from finesift.embed.encoder import Embed
from finesift.run import Run
from finesift.select.budget import Budget


def behaviours(plan: Plan, rows: pl.DataFrame, turns: pl.DataFrame, run: Run, embed: Embed) -> pl.Series:
    """The behaviour that each row surely has, and does as the plan wants it done; null where there is none.

    Of several behaviours the surest. rows: with example; turns: TURNS of them.
    """
    order = rows.select("example").sort("example")
    examples = run.table("examples").join(order, on="example", how="semi", maintain_order="left")
    turns = turns.sort("example", "part", "turn")
    held = planned(plan, rows_of(plan, turns, examples, embed, declining(run.table("findings"))))
    surest = (
        held.filter("fits")
        .sort("sure", "behaviour", descending=[True, False])
        .unique("example", keep="first", maintain_order=True)
    )
    named = rows.select("example").join(
        surest.select("example", pl.col("behaviour").cast(pl.String)),
        on="example",
        how="left",
        maintain_order="left",
    )
    return named["behaviour"]


def minimums(plan: Plan, budget: Budget, tokens: pl.Series) -> dict[str, int]:
    """Rows of each behaviour that the plan asks of a choice; its shares are shares of the choice.

    tokens: of the rows that are chosen from, for a budget that is said in tokens: about so many rows it is.
    """
    if budget.tokens is None:
        rows = min(budget.rows or 0, len(tokens))
    else:
        rows = min(budget.tokens * len(tokens) // max(1, int(tokens.sum())), len(tokens))
    return {one.name: one.wanted(rows) for one in plan.behaviour}
