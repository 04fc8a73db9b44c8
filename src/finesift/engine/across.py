"""Checks that compare rows: whole groups of rows that meet, counts of all rows, or the little that they look at."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.engine.copies import ids_of
from finesift.engine.exchange import buckets_of, got, send, want
from finesift.engine.work import Job, corpus_of, held_out_of
from finesift.errors import UsageError
from finesift.findings import FINDINGS
from finesift.places import places
from finesift.recipe import Recipe
from finesift.registry import Check, Counting, Measure, Meeting, Narrowing, Weighing, load_checks

#: The messages themselves, among the places in which checks look; the others are numbered.
MESSAGES = "messages"


@dataclass(frozen=True)
class Running:
    """The checks of a run by how they go over shards."""

    by_row: list[Check]
    apart: list[Check]
    near: list[Check]
    alike: list[Check]
    ngram: int

    def made(self, kind: type) -> list[Check]:
        return [check for check in self.apart if isinstance(check.apart, kind)]


def running(recipe: Recipe, *, held_out: bool) -> Running:
    """The checks that run, by kind. Raises UsageError, by name, for one that needs all rows at once."""
    checks = [check for check in load_checks().values() if recipe.runs(check.name)]
    checks = [check for check in checks if held_out or "held_out" not in check.tables]
    across = [check for check in checks if check.scope == "corpus"]
    near = [check for check in across if check.apart is None and {*check.tables} <= {"near", "examples"}]
    alike = [check for check in across if check.apart is None and {*check.tables} == {"alike", "examples"}]
    whole = [check for check in across if check.apart is None and check not in near and check not in alike]
    if whole:
        names = [check.name for check in whole]
        left_out = ", ".join(f"{name} = false" for name in names)
        raise UsageError(
            f"not done beyond memory, since all rows are compared at once: {', '.join(names)}.",
            hint=f"Leave them out in the recipe ([checks] {left_out}), or run in memory (no --memory, no --engine).",
        )
    known = load_checks()["near_duplicate"].settings
    ngram = int((known | recipe.settings_of("near_duplicate", known))["ngram"])
    return Running(
        [check for check in checks if check.scope == "row"],
        [check for check in across if check.apart is not None],
        near,
        alike,
        ngram,
    )


def settings_of(check: Check, recipe: Recipe) -> dict[str, Any]:
    return check.settings | recipe.settings_of(check.name, check.settings)


def _asked(measure: Measure, check: Check, recipe: Recipe) -> dict[str, Any]:
    """The settings of a check that a function of it asks for."""
    known = inspect.signature(measure).parameters
    return {name: value for name, value in settings_of(check, recipe).items() if name in known}


def counts_of(check: Check, corpus: Corpus, recipe: Recipe) -> Iterator[tuple[str, pl.DataFrame]]:
    """Place and counts, for each place that the check looks in."""
    assert isinstance(check.apart, Counting | Weighing)
    settings = _asked(check.apart.count, check, recipe)
    for place, tables in _places(check, corpus):
        yield place, check.apart.count(*check.of(tables), **settings).collect()


def _places(check: Check, corpus: Corpus) -> Iterator[tuple[str, dict[str, pl.LazyFrame]]]:
    yield MESSAGES, corpus.tables
    if check.everywhere:
        for place, turns in places(corpus):
            yield place, corpus.tables | {"turns": turns.lazy()}


def add_counts(job: Job, prefix: str = "") -> dict[str, int]:
    """Adds up what was counted in shards; returns how many counts there are, by name. prefix: of the files."""
    told = {}
    folders = [job.path("shards", shard.number) for shard in job.shards]
    names = {file.name for folder in folders for file in folder.glob(f"{prefix}count-*")}
    for name in sorted(names):
        files = [job.path("shards", shard.number, name) for shard in job.shards]
        counts = pl.concat([job.load(file) for file in files if file.exists()])
        columns = [column for column in counts.columns if column != "rows"]
        added = counts.group_by(columns).agg(pl.col("rows").cast(pl.UInt32).sum())
        job.save(added.sort(columns), name)
        told[name] = added.height
    return told


def judge_rows(job: Job, number: int) -> int:
    """Findings that need the counts of all rows, in one shard."""
    corpus = corpus_of(job, job.shards[number])
    checks = running(job.recipe, held_out=corpus.held_out.height > 0).made(Counting)
    found = [FINDINGS.to_frame(), *(frame for check in checks for frame in judged(job, check, corpus, ""))]
    every = pl.concat(found)
    job.save(every, "shards", number, "judged.arrow")
    return every.height


def judged(job: Job, check: Check, corpus: Corpus, prefix: str) -> Iterator[pl.DataFrame]:
    """Findings of a check that counts, place by place. prefix: of the files that hold the counts."""
    assert isinstance(check.apart, Counting)
    settings = settings_of(check, job.recipe)
    for place, tables in _places(check, corpus):
        counts = job.load(f"{prefix}count-{check.name}-{place}.arrow")
        found = check.named(check.apart.judge(*check.of(tables), counts.lazy(), **settings))
        yield (found if place == MESSAGES else check.elsewhere(place, found)).collect()


def narrow_rows(job: Job, number: int) -> int:
    """The little that checks look at, which need the counts of all rows to say what it is, in one shard."""
    corpus = corpus_of(job, job.shards[number])
    rows = 0
    for check in running(job.recipe, held_out=corpus.held_out.height > 0).made(Weighing):
        assert isinstance(check.apart, Weighing)
        counts = job.load(f"count-{check.name}-{MESSAGES}.arrow").lazy()
        settings = _asked(check.apart.narrow, check, job.recipe)
        little = check.apart.narrow(*check.of(corpus.tables), counts, **settings).collect()
        job.save(little, "shards", number, f"narrow-{check.name}.arrow")
        rows += little.height
    return rows


def judge_narrowed(job: Job) -> int:
    """Findings of checks that look at little, all at once."""
    held_out = held_out_of(job)
    checks = running(job.recipe, held_out=held_out.height > 0)
    found = [FINDINGS.to_frame()]
    for check in [*checks.made(Narrowing), *checks.made(Weighing)]:
        assert isinstance(check.apart, Narrowing | Weighing)
        little = pl.concat(
            [job.load("shards", shard.number, f"narrow-{check.name}.arrow") for shard in job.shards]
        )
        if isinstance(check.apart, Weighing):
            settings = _asked(check.apart.judge, check, job.recipe)
            told = check.apart.judge(little.lazy(), held_out.lazy(), **settings)
        else:
            told = check.apart.judge(little.lazy(), **settings_of(check, job.recipe))
        found.append(check.named(told).collect())
    return _send(job, "narrowed", 0, pl.concat(found))


def plan_meetings(job: Job, name: str) -> int:
    """Says which rows meet where; returns how many buckets there are. Copies are sent nowhere, see `Meeting`.

    Takes 12 bytes a row, and as many again while they are sorted.
    """
    keys = pl.concat([job.load("shards", shard.number, f"key-{name}.arrow") for shard in job.shards])
    examples, key = keys["example"].to_numpy(), keys["key"].to_numpy()
    copied = is_copy(job)
    held = copied[examples]
    examples, key = examples[~held], key[~held]
    order = np.argsort(key, kind="stable")
    examples, key = examples[order], key[order]
    same = key[1:] == key[:-1]
    repeated = np.append(False, same) | np.append(same, False) if len(key) else np.zeros(0, bool)
    examples, key = examples[repeated], key[repeated]
    said = job.each("said.npy")[examples]
    if not len(key):
        want(job, name, examples, key)
        return 0
    starts = np.flatnonzero(np.diff(key, prepend=key[:1] + np.uint64(1)))
    sizes = np.add.reduceat(said + 64, starts)
    buckets = np.repeat(buckets_of(sizes, job.bucket), np.diff(starts, append=len(key)))
    want(job, name, examples, buckets)
    return int(buckets[-1]) + 1


def meet(job: Job, check: Check, bucket: int) -> int:
    """Findings about the rows that meet in a bucket, and about their copies."""
    assert isinstance(check.apart, Meeting)
    corpus = got(job, check.name, bucket)
    settings = settings_of(check, job.recipe)
    found = check(corpus.tables, **settings).collect()
    if check.apart.copied is None:
        first = pl.Series(np.array(job.get("copies-first.npy")), dtype=pl.UInt32)
        copies = pl.DataFrame({"copy": np.array(job.get("copies.npy")), "example": first})
        again = found.join(copies, on="example", maintain_order="left").with_columns(example="copy")
        found = pl.concat([found, again.select(FINDINGS.names())])
    return _send(job, check.name, bucket, found)


def tell_copies(job: Job, check: Check) -> int:
    """Findings about rows the same to the letter as an earlier one."""
    if not isinstance(check.apart, Meeting) or check.apart.copied is None:
        return 0
    copies, firsts = np.array(job.get("copies.npy")), np.array(job.get("copies-first.npy"))
    sent = 0
    for place, shard in enumerate(job.shards):
        _, here = job.within(shard, "copies.npy")
        if here.start == here.stop:
            continue
        frame = pl.DataFrame(
            {
                "example": copies[here],
                "id": ids_of(job, copies[here]),
                "first": ids_of(job, firsts[here]),
            }
        )
        # A row that says nothing meets nobody.
        keys = job.load("shards", shard.number, f"key-{check.name}.arrow").select("example")
        met = frame.join(keys, on="example", how="semi", maintain_order="left")
        sent += _send(
            job, f"{check.name}-copies", place, check.named(check.apart.copied(met.lazy())).collect()
        )
    return sent


def is_copy(job: Job) -> NDArray[np.bool_]:
    """bool [rows]: which rows are the same to the letter as an earlier one."""
    found = np.zeros(job.rows, bool)
    found[job.get("copies.npy")] = True
    return found


def _send(job: Job, name: str, number: int, found: pl.DataFrame) -> int:
    """Sends findings to the shards of their rows."""
    if found.height:
        send(job.path("across", name), number, found, job.shard_of(found["example"].to_numpy()))
    return found.height


send_findings = _send
