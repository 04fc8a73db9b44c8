"""The rows of a run that somebody asks for: by check, by where they went, for review. Sealed rows are never listed."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import polars as pl

from finesift.errors import UsageError
from finesift.findings import surest
from finesift.recipe import nearest
from finesift.run import Run

#: The check that stands for training rows which hold some of a row held back.
BETWEEN = "between_splits"
LISTED = pl.Schema(
    {
        "id": pl.String,  # null: the row could not be read
        "source": pl.String,
        "row": pl.UInt32,  # as in `EXAMPLES`
        "fate": pl.String,
        "outcome": pl.String,
        "check": pl.String,  # that was asked for, else the one that decided
        "score": pl.Float32,
        "why": pl.String,
    }
)


def listed(
    run: Run, *, checks: Sequence[str] = (), review: bool = False, fates: Sequence[str] = ()
) -> pl.DataFrame:
    """LISTED: what fits all that is asked, the surest finding of each row; by place where no check is named.

    checks: rows with a finding of any of these, at whatever score. Raises UsageError for a check that found nothing
    and is none, or a fate that there is not.
    """
    known = [*run.manifest["summary"]["fates"]]
    for fate in fates:
        if fate not in known:
            raise UsageError(f"no row goes to {fate!r}.", hint=f"There are: {', '.join(known)}.")
    rows = (
        run.table("examples")
        .select("example", "id", "source", "row")
        .join(run.table("splits").select("example", "fate", "sealed"), on="example", maintain_order="left")
        .join(run.table("decisions"), on="example", maintain_order="left")
        .filter(~pl.col("sealed"))
    )
    if checks:
        rows = rows.drop("check", "why").join(_found(run, checks), on="example")
        rows = rows.sort("score", "example", descending=[True, False])
    else:
        rows = rows.with_columns(score=pl.lit(None, pl.Float32))
    if review:
        rows = rows.filter(pl.col("outcome").cast(pl.String) == "review")
    if fates:
        rows = rows.filter(pl.col("fate").cast(pl.String).is_in(list(fates)))
    found = rows.select(LISTED.names()).cast(LISTED)
    unread = not checks and not review and "unreadable" in fates
    return pl.concat([found, _unreadable(run)]) if unread else found


def at(run: Run, place: str) -> str:
    """The id of the row at a place, `FILE:ROW` as it is printed; the file may be shortened from the left.

    Raises UsageError where there is none, or more than one.
    """
    file, _, row = place.rpartition(":")
    if not row.isdecimal():
        raise UsageError(f"{place!r} is no place.", hint="A place is FILE:ROW, such as chats.jsonl:12.")
    source = pl.col("source")
    found = run.table("examples").filter(
        (pl.col("row") == int(row)) & ((source == file) | source.str.ends_with(f"/{file.lstrip('/')}"))
    )
    if found.height != 1:
        said = "no row that could be read is there" if not found.height else f"{found.height} rows fit"
        raise UsageError(f"{place}: {said}.", hint="`finesift show RUN --fate unreadable` lists the others.")
    return str(found["id"][0])


def _found(run: Run, checks: Sequence[str]) -> pl.DataFrame:
    """example, check, score and why: the surest finding of each row."""
    from finesift.registry import load_checks

    known = {*load_checks(), BETWEEN, *run.manifest["recipe"].get("checks", {})}
    for check in checks:
        if check not in known:
            raise UsageError(f"no check is called {check}.", hint=nearest(check, known))
    found = run.table("findings").select("example", "check", "score", why="message")
    leaks = run.table("leaks").select(
        "example",
        check=pl.lit(BETWEEN),
        score="score",
        why=pl.format("it holds some of a row of {}", "split"),
    )
    asked = found.filter(pl.col("check").is_in(list(checks)))
    return surest(pl.concat([asked, leaks]) if BETWEEN in checks else asked)


def _unreadable(run: Run) -> pl.DataFrame:
    """The rows that could not be read, as LISTED."""
    lines = (run.path / "unreadable.jsonl").read_bytes().splitlines()
    rows = [orjson.loads(line) for line in lines]
    return pl.DataFrame(
        [
            {
                "source": row["source"],
                "row": row["row"],
                "fate": "unreadable",
                "why": row["error"],
            }
            for row in rows
        ],
        schema=LISTED,
    )
