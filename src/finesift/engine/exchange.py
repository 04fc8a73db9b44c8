"""Rows that go from every shard to the bucket that they are needed in.

One file for each task that sends, with a record batch for each bucket that gets anything; who receives picks its batch
from every file. That is map, shuffle and reduce over sorted files: no memory but for one bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.engine.work import Job, corpus_of, whole
from finesift.tables import EXAMPLES, ORIGINALS, TURNS, UNREADABLE

_TO = b"finesift.to"


def send(folder: Path, name: object, frame: pl.DataFrame, to: NDArray[Any]) -> None:
    """Writes the rows of a frame to the buckets `to`, a number for each row; their order is kept."""
    if not len(to):
        return
    order = np.argsort(to, kind="stable")
    buckets, starts = np.unique(to[order], return_index=True)
    ends = np.append(starts[1:], len(to))
    # Enumerations travel as text: a dictionary would be one for the whole file.
    frame = frame.with_columns(pl.col(pl.Enum).cast(pl.String)) if len(frame.columns) else frame
    table = frame[order].to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    listed = " ".join(map(str, buckets.tolist())).encode()

    def write(part: Path) -> None:
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        schema = table.schema.with_metadata({_TO: listed})
        with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as out:
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                [batch] = table.slice(start, end - start).to_batches()
                out.write_batch(batch.replace_schema_metadata({_TO: listed}))

    whole(folder / f"{name}.arrow", write)


def receive(folder: Path, bucket: int, schema: Mapping[str, Any]) -> pl.DataFrame:
    """All rows that were sent to a bucket, by the names of who sent them, which are numbers."""
    frames = [pl.Schema(schema).to_frame()]
    for file in sorted(folder.glob("*.arrow"), key=lambda file: int(file.stem)):
        # Closed before the next: there may be thousands.
        with pa.OSFile(str(file), "rb") as source:
            reader = pa.ipc.open_file(source)
            listed = np.array(reader.schema.metadata[_TO].split(), np.int64)
            place = int(np.searchsorted(listed, bucket))
            if place < len(listed) and listed[place] == bucket:
                got = pl.from_arrow(reader.get_batch(place))
                assert isinstance(got, pl.DataFrame)
                frames.append(got.cast(pl.Schema(schema)))
    return pl.concat(frames, rechunk=True)


def want(job: Job, name: str, examples: NDArray[np.uint32], buckets: NDArray[Any]) -> None:
    """Says in which bucket the texts of which examples are wanted; an example may be wanted in several."""
    order = np.lexsort((buckets, examples))
    job.put(examples[order].astype(np.uint32), f"wanted-{name}.npy")
    job.put(buckets[order].astype(np.uint32), f"wanted-{name}-in.npy")


def give(job: Job, name: str, number: int) -> None:
    """Sends what is wanted of a shard."""
    shard = job.shards[number]
    examples, here = job.within(shard, f"wanted-{name}.npy")
    if here.start == here.stop:
        return
    wanted = pl.DataFrame(
        {"example": np.array(examples[here]), "bucket": np.array(job.get(f"wanted-{name}-in.npy")[here])}
    )
    corpus = corpus_of(job, shard)
    for table in ("examples", "turns"):
        rows = wanted.join(getattr(corpus, table), on="example", how="inner", maintain_order="left_right")
        send(job.path(name, table), number, rows.drop("bucket"), rows["bucket"].to_numpy())


def got(job: Job, name: str, bucket: int) -> Corpus:
    """The rows that are wanted in a bucket, as a corpus without originals."""
    return Corpus(
        receive(job.path(name, "examples"), bucket, EXAMPLES),
        receive(job.path(name, "turns"), bucket, TURNS),
        ORIGINALS.to_frame(),
        UNREADABLE.to_frame(),
    )


def buckets_of(sizes: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The bucket of each thing, in order, so that each holds about `most`."""
    before = np.cumsum(sizes) - sizes
    found: NDArray[np.int64] = before // max(1, most)
    return found
