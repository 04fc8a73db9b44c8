"""A map of what rows ask: alike rows lie together, groups have names, and a person can search and colour it.

Of the rows that may be looked at, which are neither sealed nor hold a secret, so many are looked at and so many drawn,
whatever their number; which ones hangs on their content alone. Vectors are those of the packaged static encoder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from markupsafe import Markup
from numpy.typing import NDArray

from finesift.embed.clusters import clusters
from finesift.embed.layout import layout
from finesift.embed.static import Static
from finesift.nearest import asked_of
from finesift.report.evidence import Evidence
from finesift.report.places import shown

# Rows that groups are made of, and of those the ones drawn; of each check that decided so many more, so many in all.
LOOKED_AT, DRAWN, OF_EACH, FLAGGED = 6_000, 1_200, 20, 240
# Fewer rows than these make no map. Groups at most, rows that make one worth a name; names that stand in the picture.
FEWEST, GROUPS, GROUP, NAMED = 20, 20, 12, 12
# Characters of a row that stand in the page, and bytes of the circles: where texts take more, less of each is there.
SHOWN, BYTES = 90, 270_000
# Values that have a colour of their own, the most frequent; the rest has one together.
COLOURS = 9
WIDTH, HEIGHT, EDGE = 1000, 620, 16
FATES = {
    "train": "train",
    "review": "train, for review",
    "validation": "validation",
    "set_aside": "set aside",
}


@dataclass(frozen=True)
class Group:
    """Rows that mean about the same. share: of the rows looked at; aside and review: shares of the group."""

    name: str
    share: float
    aside: float
    review: float
    typical: str
    at: tuple[float, float] | None  # where its name stands; None: not in the picture


@dataclass(frozen=True)
class Colouring:
    """By what rows are coloured. values: what each of its numbers stands for, and its colour; counts of drawn rows."""

    by: str
    values: list[tuple[str, str]]
    counts: list[int]
    numbers: list[int]


@dataclass(frozen=True)
class Map:
    rows: int  # that may be shown
    looked_at: int
    drawn: int
    groups: list[Group]
    colourings: list[Colouring]
    picture: Markup


def drawn(folder: Path, evidence: Evidence, short: dict[str, str]) -> Map | None:
    """The map of a run folder; None where too few of its rows may be shown."""
    rows, count = _rows(folder / "tables", evidence)
    rows = rows.filter(pl.col("asked").str.contains(r"\w"))
    if rows.height < FEWEST:
        return None
    static = Static()
    tokens = static.tokens(rows["asked"].to_list())
    vectors = static.weighed(tokens, static.rarity(tokens)).astype(np.float32)
    looked_at = int(rows["looked_at"].sum())
    found = clusters(vectors[:looked_at], rows["asked"][:looked_at].to_list(), _groups(looked_at))
    centres = np.stack([vectors[one.rows].mean(axis=0) for one in found])
    group = (vectors @ (centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)).T).argmax(
        axis=1
    )
    for n, one in enumerate(found):
        group[one.rows] = n
    chosen = np.flatnonzero(rows["drawn"].to_numpy())
    places = layout(vectors[chosen]) * (WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE) + EDGE
    points = rows[chosen]
    names = [shown(one.name[:60]) for one in found]
    groups = [
        _group(name, one.rows, rows, looked_at, places[group[chosen] == n] if n < NAMED else places[:0])
        for n, (name, one) in enumerate(zip(names, found, strict=True))
    ]
    colourings = _colourings(points, group[chosen], names, short)
    picture = _picture(points, places, colourings, [(g.name, g.at) for g in groups if g.at], short)
    return Map(count, looked_at, points.height, groups, colourings, picture)


def _groups(rows: int) -> int:
    return max(2, min(GROUPS, rows // GROUP, round(math.sqrt(rows) / 2)))


def _rows(tables: Path, evidence: Evidence) -> tuple[pl.DataFrame, int]:
    """Rows of the map, those that groups are made of first: example, id, source, row, fate (one of FATES), check,
    behaviour, asked, looked_at, drawn. And how many might be."""

    def scan(name: str) -> pl.LazyFrame:
        return pl.scan_parquet(tables / f"{name}.parquet")

    about = (
        scan("splits")
        .filter(~pl.col("sealed") & ~pl.col("example").is_in(evidence.secret.implode()))
        .select("example", fate=pl.col("fate").cast(pl.String))
        .join(scan("decisions").select("example", "check", pl.col("outcome").cast(pl.String)), on="example")
        .join(scan("examples").select("example", "id"), on="example")
    )
    count = about.select(pl.len()).collect().item()
    first = about.bottom_k(LOOKED_AT, by="id").select("example", "id")
    flagged = (
        about.filter(pl.col("check").is_not_null())
        .sort("id")
        .filter(pl.int_range(pl.len()).over("check") < OF_EACH)
        .select("example", "id", "check")
    )
    looked_at, more = pl.collect_all([first.sort("id"), flagged])
    seen = looked_at.with_row_index("nth").with_columns(looked_at=pl.lit(True), drawn=pl.col("nth") < DRAWN)
    more = more.with_columns(pl.int_range(pl.len()).over("check").alias("of")).sort("of", "id").head(FLAGGED)
    seen = seen.with_columns(drawn=pl.col("drawn") | pl.col("example").is_in(more["example"].implode()))
    fresh = more.join(seen, on="example", how="anti").select(
        "example", "id", nth=pl.lit(None, pl.UInt32), looked_at=pl.lit(False), drawn=pl.lit(True)
    )
    both = pl.concat([seen.select(fresh.columns), fresh])
    these = pl.col("example").is_in(both["example"].implode())
    asked = asked_of(scan("turns").filter(these))
    rows = (
        both.lazy()
        .join(about.select("example", "fate", "check", "outcome"), on="example", maintain_order="left")
        .join(scan("examples").select("example", "source", "row"), on="example", maintain_order="left")
        .join(asked, on="example", how="left", maintain_order="left")
    )
    if (tables / "planned.parquet").is_file():
        surest = scan("planned").sort("sure", descending=True).unique("example", keep="first")
        rows = rows.join(
            surest.select("example", "behaviour"), on="example", how="left", maintain_order="left"
        )
    else:
        rows = rows.with_columns(behaviour=pl.lit(None, pl.String))
    reviewed = (pl.col("outcome") == "review") & (pl.col("fate") == "train")
    return rows.with_columns(
        fate=pl.when(reviewed).then(pl.lit("review")).otherwise("fate"), asked=pl.col("asked").fill_null("")
    ).collect(), count


def _group(
    name: str, members: NDArray[np.int64], rows: pl.DataFrame, looked_at: int, places: NDArray[np.float32]
) -> Group:
    """members: places of its rows, the most typical first. places: of its rows that are drawn."""
    fates = rows["fate"][members]
    typical = " ".join(rows["asked"][int(members[0])].split())
    middle = np.median(places, axis=0).tolist() if len(places) else None
    return Group(
        name=name,
        share=len(members) / looked_at,
        aside=float((fates == "set_aside").mean() or 0),  # type: ignore[arg-type]
        review=float((fates == "review").mean() or 0),  # type: ignore[arg-type]
        typical=shown(typical[:160] + ("…" if len(typical) > 160 else "")),
        at=(middle[0], middle[1]) if middle else None,
    )


def _colourings(
    points: pl.DataFrame, group: NDArray[np.int64], names: list[str], short: dict[str, str]
) -> list[Colouring]:
    fates = [list(FATES).index(fate) for fate in points["fate"].to_list()]
    found = [
        Colouring(
            "where it went",
            [(label, f"var(--{fate})") for fate, label in FATES.items()],
            np.bincount(fates, minlength=len(FATES)).tolist(),
            fates,
        )
    ]
    sources = [short.get(source, shown(source)) for source in points["source"].to_list()]
    for by, values, none in (
        ("check", points["check"].to_list(), "no check decided"),
        ("file", sources, "no file"),
        ("group", [names[n] for n in group.tolist()], "no group"),
        ("behaviour", [one and shown(one) for one in points["behaviour"].to_list()], "none is sure"),
    ):
        if len(set(values)) > 1:
            found.append(_coloured(by, values, none))
    return found


def _coloured(by: str, values: Sequence[str | None], none: str) -> Colouring:
    """The COLOURS most frequent values with a colour each; none: what stands for no value."""
    counted = pl.Series("value", values, dtype=pl.String).drop_nulls().value_counts()
    kept = counted.sort("count", "value", descending=[True, False])["value"].to_list()
    few = kept if len(kept) <= COLOURS - 1 else kept[: COLOURS - 2]
    number = {value: n for n, value in enumerate(few)}
    rest, nothing = len(few), len(few) + (len(few) < len(kept))
    numbers = [nothing if value is None else number.get(value, rest) for value in values]
    named = [(value[:60], f"var(--m{n})") for n, value in enumerate(few)]
    if len(few) < len(kept):
        named.append((f"{len(kept) - len(few)} more", "var(--dim)"))
    named.append((none, "var(--bar)"))
    return Colouring(by, named, np.bincount(numbers, minlength=len(named)).tolist(), numbers)


def _picture(
    points: pl.DataFrame,
    places: NDArray[np.floating],
    colourings: list[Colouring],
    names: list[tuple[str, tuple[float, float]]],
    short: dict[str, str],
) -> Markup:
    """A circle for each row, with its text; the number that each colouring gives it in `data-m`, one digit each."""
    digits = ["".join(map(str, numbers)) for numbers in zip(*(c.numbers for c in colourings), strict=True)]
    labels = Markup("").join(
        Markup("<text x={:.0f} y={:.0f}>{}</text>").format(*_inside(at), name) for name, at in names
    )
    most = SHOWN
    while True:
        circles = Markup("").join(
            Markup("<circle cx={:.0f} cy={:.0f} r=4 data-m={}><title>{}</title></circle>").format(
                *place, digit, text
            )
            for place, digit, text in zip(places.tolist(), digits, _texts(points, most, short), strict=True)
        )
        if len(circles.encode()) <= BYTES or most <= 10:
            break
        most = most * 2 // 3
    return Markup(
        '<svg id="dots" class="dots" role="img" aria-label="A map of rows by what they ask; the table of groups below '
        'says what is where." viewBox="0 0 {} {}"><g>{}</g><g class="names" aria-hidden="true">{}</g></svg>'
    ).format(WIDTH, HEIGHT, circles, labels)


def _inside(at: tuple[float, float]) -> tuple[float, float]:
    """Names are drawn about their place, and none beyond the edge."""
    return min(max(at[0], 90), WIDTH - 90), min(max(at[1], 14), HEIGHT - 6)


def _texts(points: pl.DataFrame, most: int, short: dict[str, str]) -> list[str]:
    def cut(text: str) -> str:
        said = " ".join(text[: 4 * most].split())
        return shown(said if len(said) <= most else said[:most] + "…")

    columns: list[list[Any]] = [points[name].to_list() for name in ("asked", "id", "source", "row")]
    return [
        f"{cut(asked)}\n{id_[:12]} {short.get(source, shown(source))[-30:]}:{row}"
        for asked, id_, source, row in zip(*columns, strict=True)
    ]
