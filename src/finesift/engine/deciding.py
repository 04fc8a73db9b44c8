"""Findings into decisions: rows that no finding links decide themselves, linked ones meet in a bucket."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.engine.copies import ids_of, rows_of
from finesift.engine.exchange import buckets_of, receive, send
from finesift.engine.work import Job, Shard
from finesift.findings import FINDINGS
from finesift.match.cluster import components
from finesift.policy import DECISIONS, OUTCOMES, acting, decide_sized
from finesift.registry import load_checks

#: Bytes that a linked row takes where it is decided: itself, its findings, and the reasons.
_LINKED = 512
_SIZED = pl.Schema({"example": pl.UInt32, "id": pl.String, "turns": pl.UInt32, "length": pl.Int64})
LINKS = pl.Schema({"example": pl.UInt32, "other": pl.UInt32, "check": pl.String, "score": pl.Float32})


def gather_findings(job: Job, number: int) -> dict[str, int]:
    """All findings of a shard in one table, in their order, and those that link rows by the numbers of both."""
    frames = [
        job.load("shards", number, "found.arrow"),
        job.load("shards", number, "judged.arrow"),
        *(receive(folder, number, FINDINGS) for folder in sorted(job.path("across").glob("*"))),
    ]
    found = pl.concat(frames).sort("example", "check", "turn", "start", nulls_last=True)
    job.save(found, "shards", number, "findings.arrow")
    linking = found.drop_nulls("other")
    others = rows_of(job, linking["other"])
    here = others >= 0
    links = linking.filter(pl.Series(here)).select(
        "example", pl.Series("other", others[here], dtype=pl.UInt32), "check", "score"
    )
    job.save(links, "shards", number, "links.arrow")
    return {"findings": found.height, "links": links.height}


def links_of(job: Job) -> pl.DataFrame:
    """All findings that link rows, as LINKS."""
    return pl.concat(
        [LINKS.to_frame(), *(job.load("shards", shard.number, "links.arrow") for shard in job.shards)]
    )


def plan_linked(job: Job) -> int:
    """Says which linked rows are decided together; returns how many buckets there are.

    On the driver: takes 4 bytes a row and about 40 for each link.
    """
    links = acting(links_of(job), job.recipe).select("example", "other").to_numpy().astype(np.uint32)
    rows, places = np.unique(links, return_inverse=True)
    label = components(len(rows), places.reshape(-1, 2).astype(np.uint32))
    order = np.argsort(label, kind="stable")
    _, starts = np.unique(label[order], return_index=True)
    sizes = np.diff(np.append(starts, len(rows)))
    buckets = np.empty(len(rows), np.uint32)
    buckets[order] = np.repeat(buckets_of(sizes, max(1, job.bucket // _LINKED)), sizes)
    job.put(rows.astype(np.uint32), "linked.npy")
    job.put(buckets, "linked-in.npy")
    return int(buckets.max()) + 1 if len(buckets) else 0


def decide_alone(job: Job, number: int) -> int:
    """Decisions on the rows of a shard that nothing links; the others are sent to where they meet."""
    shard = job.shards[number]
    found = job.load("shards", number, "findings.arrow")
    rows = _sized(job, shard)
    linked, here = job.within(shard, "linked.npy")
    meeting = pl.DataFrame(
        {"example": np.array(linked[here]), "bucket": np.array(job.get("linked-in.npy")[here])},
        schema={"example": pl.UInt32, "bucket": pl.UInt32},
    )
    alone = rows.join(meeting, on="example", how="anti", maintain_order="left")
    own = found.join(alone.select("example"), on="example", how="semi", maintain_order="left")
    job.save(_decided(job, alone, own), "shards", number, "alone.arrow")
    if meeting.height:
        for name, frame in (("rows", rows), ("findings", found)):
            sent = frame.join(meeting, on="example", how="inner", maintain_order="left")
            send(job.path("linked", name), number, sent.drop("bucket"), sent["bucket"].to_numpy())
    return alone.height


def decide_linked(job: Job, bucket: int) -> int:
    """Decisions on the rows of a bucket, which are linked with no row outside it."""
    rows = receive(job.path("linked", "rows"), bucket, _SIZED)
    found = receive(job.path("linked", "findings"), bucket, FINDINGS)
    decided = _decided(job, rows, found)
    send(job.path("decided"), bucket, decided, job.shard_of(decided["example"].to_numpy()))
    return decided.height


def _decided(job: Job, rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    same = [check.name for check in load_checks().values() if check.same]
    sizes = rows.select("example", "turns", "length")
    return decide_sized(rows.select("example", "id"), sizes, found, job.recipe, same=same)


def _sized(job: Job, shard: Shard) -> pl.DataFrame:
    examples = np.arange(shard.first, shard.first + shard.rows, dtype=np.uint32)
    folder = job.path("shards", shard.number)
    return pl.DataFrame(
        {
            "example": examples,
            "id": ids_of(job, examples),
            "turns": np.load(folder / "turns.npy"),
            "length": np.load(folder / "length.npy"),
        },
        schema=_SIZED,
    )


def settle(job: Job, number: int) -> dict[str, Any]:
    """The decisions of a shard, of linked rows and of others, in order; leaves the outcomes as numbers, too."""
    alone = job.load("shards", number, "alone.arrow").cast(DECISIONS)
    decided = pl.concat([alone, receive(job.path("decided"), number, DECISIONS)]).sort("example")
    assert decided.height == job.shards[number].rows, (number, decided.height)
    job.save(decided, "shards", number, "decisions.arrow")
    outcomes = decided["outcome"].to_physical().to_numpy().astype(np.uint8)
    job.put(outcomes, "shards", number, "outcome.npy")
    return {name: int((outcomes == place).sum()) for place, name in enumerate(OUTCOMES)}


def outcomes_of(job: Job) -> NDArray[np.uint8]:
    """The outcome of each row, as a place in OUTCOMES."""
    return job.each("outcome.npy")
