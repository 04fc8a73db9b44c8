"""Rows beside a plan: of each conversation the behaviours that it has, how sure that is, and what its answer does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import PLANNED
from finesift.cover.assign import SURE, assign
from finesift.cover.attributes import attributes, outcomes, wanted_side
from finesift.cover.plan import Plan
from finesift.cover.requests import requests
from finesift.embed.encoder import Embed, Vectors


@dataclass(frozen=True)
class Rows:
    """asked: REQUESTS of the conversations; vectors of them [N, D]. stands: of the plan's texts [M, D]; owners [M].

    sure: example, behaviour (by number), sure, request (by place), turn and did (the outcome of that request), where
    that is sure; a conversation may have several. likely: the first four of conversations without one, the likeliest.
    chances: float32 [conversations with a request, behaviours], that a conversation has a behaviour. crossed: see
    `attributes`.
    """

    asked: pl.DataFrame
    vectors: Vectors
    stands: Vectors
    owners: NDArray[np.int32]
    sure: pl.DataFrame
    likely: pl.DataFrame
    chances: NDArray[np.float32]
    crossed: pl.DataFrame


def rows_of(
    plan: Plan, turns: pl.DataFrame, examples: pl.DataFrame, embed: Embed, refusing: pl.DataFrame
) -> Rows:
    """turns: TURNS, examples: EXAMPLES of them. refusing: example and turn of messages that decline."""
    turns = wanted_side(turns)
    asked = requests(turns)
    vectors = embed(asked["text"].to_list())
    texts, owners = plan.texts()
    stands = embed(texts)
    found = assign(vectors, stands, owners)
    each = asked.select("example").with_columns(
        behaviour=pl.Series(found.behaviour), sure=pl.Series(found.sure), request=pl.int_range(pl.len())
    )
    # A conversation has each behaviour that a request of it has; where none is sure, the likeliest stands for it.
    best = each.sort("sure", "request", descending=[True, False]).unique(
        ["example", "behaviour"], keep="first", maintain_order=True
    )
    sure = best.filter(pl.col("sure") >= SURE)
    likely = best.join(sure.select("example"), on="example", how="anti").unique(
        "example", keep="first", maintain_order=True
    )
    crossed = attributes(turns, examples, refusing)
    did = outcomes(turns, refusing).select("example", turn="asked", did="outcome")
    # What a request got is what was done until the next one; where that is nothing, what was done in the end.
    sure = (
        sure.with_columns(asked["turn"].gather(sure["request"]).alias("turn"))
        .join(did, on=["example", "turn"], how="left", maintain_order="left")
        .join(crossed.select("example", "outcome"), on="example", how="left", maintain_order="left")
        .with_columns(did=pl.coalesce("did", "outcome"))
        .drop("outcome")
    )
    chances = _chances(found.chances, asked["example"].to_numpy())
    return Rows(asked, vectors, stands, owners, sure, likely, chances, crossed)


def _chances(chances: NDArray[np.float32], examples: NDArray[np.uint32]) -> NDArray[np.float32]:
    """The chance that a conversation has a behaviour: that of its likeliest request. examples: of each request."""
    if not len(examples):
        return chances
    starts = np.flatnonzero(np.concatenate([[True], examples[1:] != examples[:-1]]))
    found: NDArray[np.float32] = np.maximum.reduceat(chances, starts, axis=0)
    return found


def planned(plan: Plan, rows: Rows) -> pl.DataFrame:
    """PLANNED: what the plan wants of each row that surely has a behaviour, and what its answer does."""
    wanted = [one.wants for one in plan.behaviour]
    said = rows.sure.sort("example", "behaviour")
    number, done = said["behaviour"].to_list(), said["did"].to_list()
    crossing = [pl.format("{} {}", pl.lit(name), name) for name in plan.attributes]
    cells = rows.crossed.select("example", cell=pl.concat_str(crossing, separator=", ") if crossing else None)
    return said.select(
        "example",
        behaviour=pl.Series([plan.behaviour[n].name for n in number], dtype=pl.String),
        sure="sure",
        wanted=pl.Series([wanted[n] for n in number], dtype=pl.String),
        outcome="did",
        fits=pl.Series([fits(wanted[n], did) for n, did in zip(number, done, strict=True)], dtype=pl.Boolean),
        cell=said.join(cells, on="example", how="left", maintain_order="left")["cell"],
    ).cast(PLANNED)


def fits(wanted: str, outcome: str) -> bool:
    """Whether an outcome (of attributes.NAMES) is what a behaviour wants (of plan.GOOD)."""
    if wanted == "refuse":
        # Who hands a request on, or asks what it is for, has not answered it.
        return outcome in ("refuses", "escalates", "asks back")
    if wanted == "escalate":
        return outcome in ("escalates", "calls")
    if wanted == "ask":
        return outcome == "asks back"
    if wanted.startswith("call"):
        return outcome in ("calls", "asks back")
    return outcome != "refuses"
