"""What a choice gains and loses against the same number of rows at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors
from finesift.select.facility import coverage
from finesift.select.pool import Pool
from finesift.select.ways import Asked, Numbers, overlaps

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Rows on which coverage is measured, at even distances in the order of ids.
MEASURED = 10_000
UNKNOWN = (
    "None of this says which set trains the better model. Random rows of the same number are a strong baseline, and "
    "ways to choose contradict one another: train on the choice and on the sets beside it, at equal steps, and compare."
)


@dataclass(frozen=True)
class Measured:
    """Of one set.

    coverage: the mean, over the pool's rows, of the similarity to the nearest row of the set. spread: one minus the
    mean similarity of its rows to their nearest neighbours in it. length: the median of the characters of answers.
    like: the mean similarity of its rows to the nearest target; None without targets.
    """

    rows: int
    tokens: int | None
    coverage: float
    spread: float
    length: float
    sources: int
    behaviours: int | None
    like: float | None


@dataclass(frozen=True)
class Report:
    """by: the way. pool: rows that were chosen from. sets: the choice, under `chosen`, and what is written beside it.
    overlap: rows that the choice shares with each, and how many it would by chance. short: what it
    has, and what the plan asks for, of behaviours of which it has less."""

    by: str
    pool: int
    sets: dict[str, Measured]
    overlap: dict[str, tuple[int, float]]
    short: dict[str, tuple[int, int]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def report(pool: Pool, asked: Asked, sets: dict[str, Numbers]) -> Report:
    """sets: positions in the pool by name, the choice under `chosen`."""
    shared = overlaps(sets, len(pool)).filter(pl.col("set") == "chosen")
    return Report(
        asked.by,
        len(pool),
        {name: measured(pool, rows, asked.like) for name, rows in sets.items()},
        {
            other: (both, chance)
            for other, both, chance in shared.select("other", "shared", "chance").iter_rows()
        },
        _short(pool.rows["behaviour"].gather(sets["chosen"]), asked),
    )


def _short(behaviours: pl.Series, asked: Asked) -> dict[str, tuple[int, int]]:
    have = dict(behaviours.drop_nulls().value_counts().iter_rows())
    return {
        name: (have.get(name, 0), wanted)
        for name, wanted in asked.minimums.items()
        if have.get(name, 0) < wanted
    }


def measured(pool: Pool, rows: Numbers, like: Vectors | None) -> Measured:
    vectors, of = pool.vectors[rows], pool.rows[rows.tolist()]
    sample = np.unique(np.linspace(0, len(pool) - 1, min(MEASURED, len(pool))).astype(np.int64))
    return Measured(
        rows=len(rows),
        tokens=None if of["tokens"].null_count() else int(of["tokens"].sum()),
        coverage=round(coverage(pool.vectors[sample], vectors), 4),
        spread=round(1 - _nearest_other(vectors), 4),
        length=float(of["length"].median() or 0),
        sources=of["source"].n_unique(),
        behaviours=None
        if pool.rows["behaviour"].null_count() == len(pool)
        else of["behaviour"].drop_nulls().n_unique(),
        like=None if like is None else round(coverage(vectors, like), 4),
    )


def _nearest_other(vectors: Vectors) -> float:
    """The mean similarity of rows to the nearest other one; 0 where there is no other."""
    if len(vectors) < 2:
        return 0.0
    best: list[NDArray[np.float32]] = []
    for at in range(0, len(vectors), 1024):
        similar = vectors[at : at + 1024] @ vectors.T
        similar[np.arange(len(similar)), np.arange(at, at + len(similar))] = -1
        best.append(similar.max(axis=1))
    return float(np.concatenate(best).mean(dtype=np.float64))


def markdown(found: Report, name: str) -> str:
    return "\n".join(_lines(found, name)) + "\n"


def _lines(found: Report, name: str) -> Iterator[str]:
    chosen = found.sets["chosen"]
    yield f"# {name}\n"
    yield f"{chosen.rows:,} of {found.pool:,} training rows, chosen by `{found.by}`."
    yield "The rest is in `not_chosen.jsonl`, with why; the sets to compare with are in `beside/`.\n"
    columns = table(found)
    yield "| " + " | ".join(columns[0]) + " |"
    yield "|---" * len(columns[0]) + "|"
    for line in columns[1:]:
        yield "| " + " | ".join(line) + " |"
    if found.short:
        yield f"\nLess than the plan asks for: {_missing(found)}."
    yield f"\nWhere five sets are one line: the mean, and the least and the most.\n\n{UNKNOWN}"


def shown(found: Report, out: str) -> RenderableType:
    """For the terminal."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    heads, *lines = table(found, ranges=False, leave_out=WIDE)
    grid = Table(box=None, pad_edge=False, header_style="dim")
    for n, head in enumerate(heads):
        grid.add_column(head, justify="right" if n else "left", no_wrap=True)
    for line in lines:
        grid.add_row(*(Text(cell, style="bold" if line is lines[0] else "") for cell in line))
    where = Text(f"\n{out} written: train.jsonl, not_chosen.jsonl, and the sets to compare with in beside/.")
    less = [Text(f"\nless than the plan asks for: {_missing(found)}", style="yellow")] if found.short else []
    return Group(grid, *less, where, Text(UNKNOWN, style="dim"))


def _missing(found: Report) -> str:
    return ", ".join(f"{name} {have:,} of {wanted:,}" for name, (have, wanted) in found.short.items())


HEADS = ("set", "rows", "tokens", "coverage", "spread", "answer", "sources", "behaviours", "like target")
SHARED = ("shared", "by chance")


#: What only README.md has room for.
WIDE = ("spread", "sources", "by chance")


def table(found: Report, *, ranges: bool = True, leave_out: Sequence[str] = ()) -> list[list[str]]:
    """The sets, one to a line, as text, under a line of heads; columns that no set has are left out.

    ranges: of five sets not only the mean but the least and the most. leave_out: heads of more to leave out.
    """
    groups: dict[str, list[str]] = {}
    for name in found.sets:
        groups.setdefault(name.rstrip("0123456789").rstrip("_"), []).append(name)
    lines = []
    for group, names in groups.items():
        of = [found.sets[name] for name in names]
        shared = [found.overlap[name] for name in names if name in found.overlap]
        columns: list[tuple[list[Any], int]] = [
            ([one.rows for one in of], 0),
            ([one.tokens for one in of], 0),
            ([one.coverage for one in of], 3),
            ([one.spread for one in of], 3),
            ([one.length for one in of], 0),
            ([one.sources for one in of], 0),
            ([one.behaviours for one in of], 0),
            ([one.like for one in of], 3),
            ([both for both, _ in shared], 0),
            ([chance for _, chance in shared], 0),
        ]
        lines.append(
            [group.replace("_", " "), *(_spread(values, digits, ranges) for values, digits in columns)]
        )
    heads = [*HEADS, *SHARED]
    used = [n for n in range(len(heads)) if heads[n] not in leave_out and any(line[n] for line in lines)]
    return [[heads[n] for n in used], *([line[n] for n in used] for line in lines)]


def _spread(values: list[Any], digits: int, ranges: bool) -> str:
    if not values or any(value is None for value in values):
        return ""
    mean, low, high = (f"{value:,.{digits}f}" for value in (np.mean(values), min(values), max(values)))
    return mean if low == high or not ranges else f"{mean} ({low} to {high})"
