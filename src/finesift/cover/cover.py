"""A set against its plan: what each behaviour has, wants and lacks; and against traffic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.cover.assign import UNSURE, interval
from finesift.cover.attributes import NAMES, REFUSING
from finesift.cover.near import alike, uncovered
from finesift.cover.plan import Plan
from finesift.cover.requests import requests
from finesift.cover.rows import Rows, planned, rows_of
from finesift.embed.clusters import by_weight
from finesift.embed.encoder import Embed, Vectors
from finesift.select.facility import coverage
from finesift.tables import NEAR as PAIRS
from finesift.views import is_synthetic

#: Rows quoted of each behaviour, mismatch or cluster; clusters named.
QUOTED, CLUSTERS = 3, 12
#: So many of a behaviour's rows, as a share, may be of another: see `assign.SURE`.
WRONG = 0.05


@dataclass(frozen=True)
class Have:
    """What a set has of one behaviour, in rows. low and high: see `assign.interval`."""

    name: str
    kind: str
    good: str
    want: int
    have: int  # assigned
    unsure: int  # likeliest this one, too unsure to be counted
    low: int
    high: int
    distinct: int  # of `have`, without near-duplicates of one another
    share: float  # of all rows
    examples: int  # texts of the plan that stand for it
    synthetic: float  # share of `have` that says so
    length: int  # median characters of the answers
    refuses: float
    calls: float
    outcomes: dict[str, int]
    rows: list[str]  # ids of the surest

    @property
    def missing(self) -> int:
        """Rows that are wanting, if all that are likeliest this behaviour were of it."""
        return max(0, self.want - self.have - self.unsure)


@dataclass(frozen=True)
class Mismatch:
    """A row whose answer is not what the plan wants of its behaviour."""

    id: str
    behaviour: str
    wanted: str
    outcome: str


@dataclass(frozen=True)
class Uncovered:
    """A group of requests. near: the mean similarity to the likest training row."""

    name: str
    rows: int
    near: float
    typical: list[str]


@dataclass(frozen=True)
class Traffic:
    """Real requests against the set. idle: training rows that no request is near."""

    requests: int
    covered: float
    uncovered: list[Uncovered]
    idle: int


@dataclass(frozen=True)
class Coverage:
    """behaviours: in the plan's order. cells: rows by attribute, behaviour and value. one: mean similarity of the
    plan's texts to the nearest training row, 0 to 1; weighted: the same by the behaviours' weights."""

    rows: int
    behaviours: list[Have]
    cells: dict[str, dict[str, dict[str, int]]]
    outside: int  # rows that no behaviour covers
    outside_groups: list[Uncovered]
    mismatches: list[Mismatch]
    one: float
    weighted: float
    traffic: Traffic | None = None
    assigned: dict[str, list[str]] = field(default_factory=dict)  # behaviours by row id
    shared: list[tuple[str, str, str]] = field(default_factory=list)  # see `Plan.shared`
    empty: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # cells as good as empty: attribute, behaviour, value

    @property
    def missed(self) -> list[Have]:
        return [have for have in self.behaviours if have.missing]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def cover(
    plan: Plan,
    turns: pl.DataFrame,
    examples: pl.DataFrame,
    embed: Embed,
    *,
    refusing: pl.DataFrame | None = None,
    near: pl.DataFrame | None = None,
    traffic: pl.DataFrame | None = None,
) -> Coverage:
    """turns: TURNS of the rows to be covered, examples: EXAMPLES of them. refusing: example and turn of messages that
    decline. near: NEAR of them, for what counts as distinct. traffic: TURNS of real conversations."""
    rows = rows_of(plan, turns, examples, embed, REFUSING.to_frame() if refusing is None else refusing)
    asked, vectors, stands = rows.asked, rows.vectors, rows.stands
    sure, likely, crossed = rows.sure, rows.likely, rows.crossed
    facts = _facts(turns, examples, near)
    behaviours = [_have(n, plan, rows, facts, examples) for n in range(len(plan.behaviour))]
    names = [one.name for one in plan.behaviour]
    reached = alike(stands, vectors, 1)
    outside = likely.filter(pl.col("sure") < UNSURE)
    cells = _cells(plan, sure, crossed)
    return Coverage(
        rows=examples.height,
        behaviours=behaviours,
        cells=cells,
        outside=outside.height,
        outside_groups=_groups(outside["request"].to_numpy(), vectors, asked["text"].to_list(), stands),
        mismatches=_mismatches(planned(plan, rows), examples),
        one=round(float(reached.mean(dtype=np.float64)), 4),
        weighted=_weighted(plan, reached, rows.owners),
        traffic=None if traffic is None else _traffic(traffic, vectors, asked, embed),
        assigned=_assigned(sure, examples, names),
        shared=plan.shared(),
        empty=_empty(cells),
    )


def _facts(turns: pl.DataFrame, examples: pl.DataFrame, near: pl.DataFrame | None) -> pl.DataFrame:
    """example, id, length (characters of its answers), synthetic, copy (a near-duplicate of an earlier row)."""
    answers = (
        turns.filter(pl.col("role") == "assistant")
        .group_by("example")
        .agg(length=pl.col("content").str.len_chars().sum())
    )
    alike = PAIRS.to_frame() if near is None else near.filter(pl.col("whole") >= 0.8)
    listed = alike.select(pl.max_horizontal("example", "other"))["example"].unique().to_list()
    return examples.select(
        "example", "id", synthetic=is_synthetic(), copy=pl.col("example").is_in(listed)
    ).join(answers, on="example", how="left", maintain_order="left")


def _have(n: int, plan: Plan, all_rows: Rows, facts: pl.DataFrame, examples: pl.DataFrame) -> Have:
    one = plan.behaviour[n]
    rows = all_rows.sure.filter(pl.col("behaviour") == n).join(facts, on="example")
    rows = rows.join(all_rows.crossed, on="example")
    doubtful = all_rows.likely.filter(pl.col("behaviour") == n)
    low, high = interval(all_rows.chances[:, n])
    outcomes = dict(rows["outcome"].value_counts(sort=True).iter_rows()) if rows.height else {}
    share = 1 / max(1, rows.height)
    return Have(
        name=one.name,
        kind=one.kind,
        good=one.good,
        want=one.wanted(examples.height),
        have=rows.height,
        unsure=doubtful.filter(pl.col("sure") >= UNSURE).height,
        low=min(low, rows.height),
        high=max(high, rows.height),
        distinct=rows.filter(~pl.col("copy")).height,
        share=round(rows.height / max(1, examples.height), 4),
        examples=len(one.texts()),
        synthetic=round(int(rows["synthetic"].sum()) * share, 4),
        length=int(rows["length"].median() or 0),  # type: ignore[arg-type]
        refuses=round(outcomes.get("refuses", 0) * share, 4),
        calls=round(outcomes.get("calls", 0) * share, 4),
        outcomes=outcomes,
        rows=rows.sort("sure", descending=True)["id"].head(QUOTED).to_list(),
    )


def _cells(plan: Plan, sure: pl.DataFrame, crossed: pl.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    counted = sure.join(crossed, on="example")
    cells: dict[str, dict[str, dict[str, int]]] = {}
    for attribute in plan.attributes:
        table = counted.group_by("behaviour", attribute).len()
        known = {(n, value): rows for n, value, rows in table.iter_rows()}
        cells[attribute] = {
            one.name: {value: known.get((n, value), 0) for value in NAMES[attribute]}
            for n, one in enumerate(plan.behaviour)
        }
    return cells


def _empty(cells: dict[str, dict[str, dict[str, int]]]) -> list[tuple[str, str, str]]:
    """Cells that hold no more rows than may be of another behaviour, of behaviours that have rows."""
    return [
        (attribute, name, value)
        for attribute, behaviours in cells.items()
        for name, counts in behaviours.items()
        for value, rows in counts.items()
        if sum(counts.values()) and rows <= WRONG * sum(counts.values())
    ]


def _mismatches(held: pl.DataFrame, examples: pl.DataFrame) -> list[Mismatch]:
    """Answers that are not what the plan wants. held: PLANNED."""
    wrong = held.filter(~pl.col("fits")).join(examples.select("example", "id"), on="example")
    named = wrong.select("id", "behaviour", "wanted", "outcome")
    return [Mismatch(*row) for row in named.iter_rows()]


def _weighted(plan: Plan, reached: NDArray[np.float32], owners: NDArray[np.int32]) -> float:
    """reached: how near each text of the plan is to a training row."""
    weights = np.array([one.weight for one in plan.behaviour])
    each = np.bincount(owners, reached.astype(np.float64)) / np.bincount(owners)
    return round(float((weights * each).sum() / weights.sum()), 4)


def _groups(rows: NDArray[np.int64], vectors: Vectors, texts: list[str], against: Vectors) -> list[Uncovered]:
    """The requests in question by what they mean, the largest and tightest group first."""
    some = [texts[row] for row in rows]
    return [
        Uncovered(
            name=group.name,
            rows=len(group.rows),
            near=round(coverage(vectors[rows[group.rows]], against), 4),
            typical=[some[row][:300] for row in group.rows[:QUOTED]],
        )
        for group in by_weight(vectors[rows], some)[:CLUSTERS]
    ]


def _traffic(turns: pl.DataFrame, rows: Vectors, asked: pl.DataFrame, embed: Embed) -> Traffic:
    real = requests(turns)
    texts = real["text"].to_list()
    vectors = embed(texts)
    far, limit = uncovered(vectors, rows)
    near = pl.Series(alike(rows, vectors, 1))
    idle = asked.select("example", near=near).group_by("example").agg(pl.col("near").max())
    return Traffic(
        requests=real.height,
        covered=round(1 - len(far) / max(1, real.height), 4),
        uncovered=_groups(far, vectors, texts, rows),
        idle=idle.filter(pl.col("near") < limit).height,
    )


def _assigned(sure: pl.DataFrame, examples: pl.DataFrame, names: Sequence[str]) -> dict[str, list[str]]:
    listed = sure.join(examples.select("example", "id"), on="example").sort("example", "behaviour")
    by_row: dict[str, list[str]] = {}
    for id_, behaviour in listed.select("id", "behaviour").iter_rows():
        by_row.setdefault(id_, []).append(names[behaviour])
    return by_row
