"""The working folder: shards of the data, what stages left there, and which are done.

A file takes its name when it is whole, and a task says that it is done when its files are; so a driver that was killed
goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.engine.tasks import Engine, Task
from finesift.recipe import Recipe
from finesift.tables import HELD_OUT, PROBLEMS, RENDERED

_TABLES = ("examples", "turns", "originals", "unreadable", "notes")


class Shard(NamedTuple):
    """Rows that lie together. first: the number of the first example; rows: examples."""

    number: int
    first: int
    rows: int


@dataclass(frozen=True)
class Job:
    """What tasks share: the working folder, what is asked, and how large shards and buckets are, in bytes."""

    folder: Path
    recipe: Recipe
    shard: int
    bucket: int
    shards: tuple[Shard, ...] = field(default=())

    @property
    def rows(self) -> int:
        """Examples in all shards."""
        return sum(shard.rows for shard in self.shards)

    @cached_property
    def firsts(self) -> NDArray[np.int64]:
        """The number of each shard's first example."""
        return np.array([shard.first for shard in self.shards], np.int64)

    def shard_of(self, examples: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """The shard that each example is in."""
        # Of shards without rows, which begin where the next does, the last counts.
        found: NDArray[np.int64] = np.searchsorted(self.firsts, examples, "right") - 1
        return found

    def numbered(self, shards: Sequence[Sequence[int]]) -> Job:
        """The same job, once it is known which shards there are."""
        return replace(self, shards=tuple(Shard(*shard) for shard in shards))

    def path(self, *names: object) -> Path:
        return self.folder.joinpath(*map(str, names))

    def save(self, frame: pl.DataFrame, *names: object) -> None:
        whole(self.path(*names), lambda part: frame.write_ipc(part, compression="lz4"))

    def load(self, *names: object) -> pl.DataFrame:
        return pl.read_ipc(self.path(*names))

    def put(self, array: NDArray[Any], *names: object) -> None:
        def write(part: Path) -> None:
            with part.open("wb") as file:
                np.save(file, array)

        whole(self.path(*names), write)

    def get(self, *names: object) -> NDArray[Any]:
        """An array that was put, from the disk as it is needed."""
        array: NDArray[Any] = np.load(self.path(*names), mmap_mode="r")
        return array

    def each(self, name: str) -> NDArray[Any]:
        """An array of all shards, one after the other."""
        parts = [np.load(self.path("shards", shard.number, name)) for shard in self.shards]
        return np.concatenate(parts)

    def within(self, shard: Shard, name: str) -> tuple[NDArray[Any], slice]:
        """A sorted array of example numbers, and which of them are of a shard."""
        examples = self.get(name)
        ends = np.searchsorted(examples, [shard.first, shard.first + shard.rows])
        return examples, slice(*ends.tolist())


def whole(path: Path, write: Callable[[Path], object]) -> None:
    """Writes a file under another name first, so that no half of it ever has this one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{uuid4().hex[:8]}")
    write(part)
    part.replace(path)


def corpus_of(job: Job, shard: Shard) -> Corpus:
    """The rows of a shard, numbered as in the whole; ids have the suffixes of copies once these are known."""
    folder = job.path("shards", shard.number)
    tables = {name: pl.read_ipc(folder / f"{name}.arrow") for name in _TABLES}
    for name in ("examples", "turns", "originals", "notes"):
        tables[name] = tables[name].with_columns(pl.col("example") + pl.lit(shard.first, pl.UInt32))
    if job.path("copies.npy").exists():
        tables["examples"] = _suffixed(job, shard, tables["examples"])
    corpus = Corpus(**tables, held_out=held_out_of(job))
    if (folder / "rendered.arrow").exists():
        rendered, problems = job.load(folder, "rendered.arrow"), job.load(folder, "problems.arrow")
        corpus = replace(corpus, rendered=rendered.cast(RENDERED), problems=problems.cast(PROBLEMS))
    return corpus


def put_corpus(job: Job, shard: Shard, corpus: Corpus, *names: str) -> None:
    """Writes these tables of a shard anew, numbered within it. Ids must not have the suffixes of copies yet."""
    for name in names:
        frame = getattr(corpus, name).with_columns(pl.col("example") - pl.lit(shard.first, pl.UInt32))
        job.save(frame, "shards", shard.number, f"{name}.arrow")


def held_out_of(job: Job) -> pl.DataFrame:
    file = job.path("held_out.arrow")
    return job.load(file) if file.exists() else HELD_OUT.to_frame()


def _suffixed(job: Job, shard: Shard, examples: pl.DataFrame) -> pl.DataFrame:
    copies, here = job.within(shard, "copies.npy")
    if here.start == here.stop:
        return examples
    places = np.array(copies[here]) - shard.first
    numbers = np.array(job.get("copies-number.npy")[here])
    ids = examples["id"].gather(places)
    named = pl.select(pl.format("{}-{}", pl.lit(ids), pl.lit(pl.Series(numbers)))).to_series()
    return examples.with_columns(examples["id"].scatter(places, named))


class Stages:
    """Runs what is not done yet, and remembers what each task said."""

    def __init__(self, engine: Engine, tell: Callable[[str, int, int], None] | None = None) -> None:
        self.engine = engine
        self.tell = tell

    def once(self, job: Job, name: str, make: Callable[[], Any]) -> Any:
        """What `make` returned, now or before."""
        file = job.path("done", f"{name}.json")
        if not file.exists():
            told = orjson.dumps(make())
            whole(file, lambda part: part.write_bytes(told))
        return orjson.loads(file.read_bytes())

    def map(self, job: Job, name: str, task: Task, items: Sequence[int]) -> list[Any]:
        """What the task returned for each item, now or before, in the order of the items."""
        files = {item: job.path("done", name, f"{item}.json") for item in items}
        waiting = [item for item in items if not files[item].exists()]
        done = len(items) - len(waiting)
        for _ in self.engine.map(partial(_kept, name, task), job, waiting):
            done += 1
            if self.tell:
                self.tell(name, done, len(items))
        return [orjson.loads(files[item].read_bytes()) for item in items]


def _kept(name: str, task: Task, job: Job, item: int) -> None:
    """Runs the task, then says that it is done: on the machine that did it, so that it counts if the driver is gone."""
    told = orjson.dumps(task(job, item))
    whole(job.path("done", name, f"{item}.json"), lambda part: part.write_bytes(told))
