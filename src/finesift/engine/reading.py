"""Files into shards."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl

from finesift.engine.work import Job, Shard
from finesift.read import paths
from finesift.read.batches import Batches, batches_of
from finesift.read.options import Options
from finesift.read.own_rows import unwrap
from finesift.read.reader import portions


def options_of(job: Job) -> Options:
    data = job.recipe.data
    return Options(
        data.roles,
        data.columns,
        data.repair,
        data.trees,
        multimodal=data.multimodal,
        pairs=data.pairs,
        calls=data.calls,
    )


@cache
def _batches(files: tuple[str, ...]) -> Batches | None:
    """Requests of batches, which answers are joined with; once a process. Providers take files of up to 200 MB."""
    return batches_of(files)


def read_file(job: Job, number: int) -> dict[str, Any]:
    """Writes the shards of one file; returns how many examples each has, how many rows could not be read, and whether
    any calls a tool or has one."""
    files = paths(job.recipe.data.train)
    file = files[number]
    rows: list[int] = []
    unreadable, calls = 0, False
    for place, (frames, _) in enumerate(
        portions(file, options_of(job), size=job.shard, batches=_batches(tuple(files)))
    ):
        # Examples count from 0 within a shard: how many there are before it is known only later.
        first = sum(rows)
        frames["examples"] = unwrap(frames["examples"])
        for name, frame in frames.items():
            if "example" in frame.columns:
                frame = frame.with_columns(pl.col("example") - pl.lit(first, pl.UInt32))
            job.save(frame, "read", number, place, f"{name}.arrow")
        rows.append(frames["examples"].height)
        unreadable += frames["unreadable"].height
        calls = calls or any(
            frames[table][column].null_count() < frames[table].height
            for table, column in (("turns", "tool_calls"), ("examples", "tools"))
        )
    return {"rows": rows, "unreadable": unreadable, "calls": calls}


def shards_of(job: Job, read: list[dict[str, Any]]) -> list[Any]:
    """Gives shards their numbers over all files; returns number, first example and rows of each."""
    shards: list[Shard] = []
    first = 0
    for number, file in enumerate(read):
        for place, count in enumerate(file["rows"]):
            shard = Shard(len(shards), first, count)
            target = job.path("shards", shard.number)
            target.parent.mkdir(parents=True, exist_ok=True)
            # Done before, and killed before it could be said.
            if not target.exists():
                job.path("read", number, place).rename(target)
            shards.append(shard)
            first += count
    return [list(shard) for shard in shards]
