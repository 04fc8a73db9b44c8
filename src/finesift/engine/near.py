"""Rows that are nearly the same: keys per shard, candidates band by band, each pair verified in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.engine.across import Running, is_copy, running, send_findings, settings_of
from finesift.engine.copies import ids_of
from finesift.engine.exchange import got, want
from finesift.engine.work import Job, held_out_of, whole
from finesift.match.compare import (
    CANDIDATES,
    CANDIDATES_EACH,
    LEAST,
    TEMPLATE,
    VIEWS,
    are_alike,
    halved,
    views_of,
    with_differences,
)
from finesift.match.grams import BANDS, band_keys
from finesift.match.near import candidates, distinct, portions, similarities
from finesift.tables import NEAR

_FLOOR = 0.5
_NUMBER = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MEASURED = pl.Schema(
    [*((name, NEAR[name]) for name in ("example", "other", *VIEWS)), ("alike", pl.Boolean())]
)


def sign(job: Job, number: int, corpus: Corpus, ngram: int) -> dict[str, int]:
    """Writes the band keys of a shard's rows, for each view; returns how many rows have any."""
    shard = job.shards[number]
    views = views_of(corpus.turns, corpus.examples["example"].to_numpy())
    told = {}
    for name, texts in views.items():
        keys, same, documents = band_keys(texts, 0, len(texts), ngram=ngram, least=LEAST[name])
        folder = job.path("shards", number)
        numbered = keys + np.uint64(shard.first)
        whole(folder / f"bands-{name}", numbered.tofile)
        job.put(same, folder, f"same-{name}.npy")
        job.put(documents + np.uint32(shard.first), folder, f"documents-{name}.npy")
        job.put(texts.ends - texts.starts, folder, f"lengths-{name}.npy")
        told[name] = len(documents)
    return told


def find_candidates(job: Job, view: str, counts: list[int]) -> dict[str, int]:
    """Writes the pairs of rows that share a band in a view. counts: how many keys each shard has.

    On the driver: takes about 60 bytes a row, and the pairs, 8 bytes each, twice.
    """
    copied = is_copy(job)
    same, documents = job.each(f"same-{view}.npy"), job.each(f"documents-{view}.npy")
    kept = ~copied[documents]
    budget = CANDIDATES + CANDIDATES_EACH * int(job.rows - copied.sum())
    found, capped = candidates(
        same[kept],
        documents[kept],
        job.each(f"lengths-{view}.npy"),
        _bands(job, view, counts, copied),
        budget,
    )
    job.put(found, f"candidates-{view}.npy")
    return {"pairs": len(found), "capped": capped}


def _bands(job: Job, view: str, counts: list[int], copied: NDArray[np.bool_]) -> Iterator[NDArray[np.uint64]]:
    """The keys of each band over all shards, sorted; the next is made while one is looked at."""

    def band(number: int) -> NDArray[np.uint64]:
        parts = [np.empty(0, np.uint64)]
        for shard, count in zip(job.shards, counts, strict=True):
            file = job.path("shards", shard.number, f"bands-{view}")
            parts.append(np.fromfile(file, np.uint64, count, offset=8 * count * number))
        keys = np.concatenate(parts)
        if copied.any():
            keys = keys[~copied[keys & _NUMBER]]
        keys.sort()
        return keys

    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(band, 0)
        for number in range(1, BANDS):
            now, coming = coming.result(), ahead.submit(band, number)
            yield now
        yield coming.result()


def plan_pairs(job: Job) -> int:
    """Gathers the pairs of all views, and says where they meet; returns how many buckets there are."""
    found = {view: np.array(job.get(f"candidates-{view}.npy")) for view in VIEWS}
    pairs = distinct(np.concatenate(list(found.values())))
    views = np.zeros(len(pairs), np.uint8)
    for place, view in enumerate(VIEWS):
        views[np.searchsorted(pairs, found[view])] |= 1 << place
    job.put(pairs, "pairs.npy")
    job.put(views, "pairs-views.npy")
    return _plan(job, "pairs", pairs)


def _plan(job: Job, name: str, pairs: NDArray[np.uint64]) -> int:
    """Says in which buckets the rows of these pairs are wanted, in slices that the kernels take at a time."""
    left, right = (pairs >> _HALF).astype(np.uint32), pairs.astype(np.uint32)
    lengths = job.each("lengths-whole.npy")
    slices = list(portions(lengths, left, right)) if len(pairs) else []
    wanted: list[NDArray[np.uint32]] = [np.empty(0, np.uint32)]
    buckets: list[NDArray[np.uint32]] = [np.empty(0, np.uint32)]
    for number, part in enumerate(slices):
        rows = distinct(np.concatenate([left[part], right[part]]))
        wanted.append(rows)
        buckets.append(np.full(len(rows), number, np.uint32))
    want(job, name, np.concatenate(wanted), np.concatenate(buckets))
    job.put(np.array([[part.start, part.stop] for part in slices], np.int64).reshape(-1, 2), f"{name}-in.npy")
    return len(slices)


def verify_pairs(job: Job, bucket: int) -> int:
    """The exact similarities of the pairs in a bucket; those that are near in a view that brought them stay."""
    start, stop = job.get("pairs-in.npy")[bucket].tolist()
    pairs, brought = np.array(job.get("pairs.npy")[start:stop]), job.get("pairs-views.npy")[start:stop]
    corpus = got(job, "pairs", bucket)
    examples = corpus.examples["example"].to_numpy()
    left, right = (
        np.searchsorted(examples, numbers.astype(np.uint32)).astype(np.uint32)
        for numbers in (pairs >> _HALF, pairs & _NUMBER)
    )
    columns: dict[str, NDArray[np.float32]] = {}
    near = np.zeros(len(pairs), bool)
    for place, (name, texts) in enumerate(views_of(corpus.turns, examples).items()):
        similarity, short = similarities(texts, left, right, ngram=_checks(job).ngram)
        near |= (brought >> place & 1).astype(bool) & (similarity >= _FLOOR)
        columns[name] = halved(similarity, short)
    frame = pl.DataFrame(
        {"example": examples[left], "other": examples[right], **columns, "alike": are_alike(columns)},
        schema=_MEASURED,
    )
    measured = frame.filter(pl.Series(near))
    job.save(measured, "measured", f"{bucket}.arrow")
    # What is not alike in every view is told apart without its text.
    apart = measured.filter(~pl.col("alike")).with_columns(beyond=pl.lit(1.0, pl.Float32))
    _tell(job, "apart", bucket, with_differences(apart, replace(corpus, turns=corpus.turns.clear())))
    return measured.height


def plan_alike(job: Job, buckets: int) -> int:
    """Says where the pairs that are alike in every view meet again; returns how many buckets there are."""
    parts = [job.load("measured", f"{bucket}.arrow").filter("alike") for bucket in range(buckets)]
    alike = pl.concat([_MEASURED.to_frame(), *parts])
    job.save(alike, "alike.arrow")
    left, right = (alike[name].to_numpy().astype(np.uint64) for name in ("example", "other"))
    return _plan(job, "alike", left << _HALF | right)


def tell_apart(job: Job, bucket: int) -> int:
    """What tells the pairs of a bucket apart, and the findings of the checks that ask for pairs."""
    start, stop = job.get("alike-in.npy")[bucket].tolist()
    alike = pl.read_ipc(job.path("alike.arrow")).slice(start, stop - start)
    corpus = got(job, "alike", bucket)
    examples = corpus.examples["example"].to_numpy()
    left, right = (
        np.searchsorted(examples, alike[name].to_numpy()).astype(np.uint32) for name in ("example", "other")
    )
    texts = views_of(corpus.turns, examples)["whole"]
    beyond, _ = similarities(texts, left, right, ngram=_checks(job).ngram, common=TEMPLATE)
    _tell(job, "told", bucket, with_differences(alike.with_columns(beyond=pl.Series(beyond)), corpus))
    return alike.height


def _tell(job: Job, name: str, bucket: int, near: pl.DataFrame) -> None:
    """Writes pairs, and the findings about them."""
    job.save(near, "near", name, f"{bucket}.arrow")
    rows = np.unique(np.concatenate([near["example"].to_numpy(), near["other"].to_numpy()]))
    tables = {
        "near": near.lazy(),
        "examples": pl.LazyFrame({"example": rows.astype(np.uint32), "id": ids_of(job, rows)}),
    }
    for check in _checks(job).near:
        found = check(tables, **settings_of(check, job.recipe)).collect()
        send_findings(job, f"{check.name}-{name}", bucket, found)


def _checks(job: Job) -> Running:
    return running(job.recipe, held_out=held_out_of(job).height > 0)


def near_of(job: Job) -> pl.DataFrame:
    """All pairs, as NEAR, sorted."""
    files = sorted(job.path("near").glob("*/*.arrow"))
    frames = [NEAR.to_frame(), *(pl.read_ipc(file) for file in files)]
    return pl.concat(frames).sort("example", "other")


def told(counts: list[dict[str, Any]], view: str) -> list[int]:
    """How many keys of a view each shard has."""
    return [int(one["keys"][view]) for one in counts]
