"""What the split is worth, and what is on both sides of it, over shards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.engine.across import counts_of, judged
from finesift.engine.copies import hex_of, ids_of
from finesift.engine.exchange import got, want
from finesift.engine.near import near_of
from finesift.engine.placing import BROUGHT, FATES, UNSAID
from finesift.engine.work import Job, corpus_of
from finesift.findings import FINDINGS
from finesift.leaks import BETWEEN, LEAKS, certified, crossed, uninstructed
from finesift.policy import OUTCOMES
from finesift.read.held_out import items
from finesift.registry import load_checks
from finesift.report.held_out import HeldOut
from finesift.report.held_out import found as found_items
from finesift.split.assign import SPLITS
from finesift.split.proof import HELD_BACK, SHOWN, Proof, across, closest, largest, mixes, small
from finesift.tables import HELD_OUT

_TRAIN, _TEST, _ASIDE = 0, FATES.index("test"), FATES.index("set_aside")
_NOBODY = 255
_TOUCHED = pl.Schema(
    {
        "set": pl.String,
        "item": pl.UInt32,
        "example": pl.UInt32,
        "id": pl.String,
        "check": pl.String,
        "score": pl.Float32,
    }
)


def prove_shards(job: Job, *, measured: bool) -> Proof:
    """The figures that `split.proof.prove` gives, from numbers and from what shards counted."""
    settings = job.recipe.split
    pairs = _across(job)
    label, group = np.array(job.get("label.npy")), np.array(job.get("group.npy"))
    heads, sizes = np.unique(label, return_counts=True)
    large = np.flatnonzero(sizes > settings.largest_group)
    giants = pl.DataFrame({"group": hex_of(group[heads[large]]), "rows": sizes[large]}).sort(
        "rows", "group", descending=[True, False]
    )
    fate, split = np.array(job.get("fate.npy")), np.array(job.get("split.npy"))
    mixed = pl.concat([job.load("shards", shard.number, "mix.arrow") for shard in job.shards])
    added = mixed.group_by("column", "value", maintain_order=True).agg(pl.col("^in .*$").sum())
    kept = {name: int((fate == FATES.index(name)).sum()) for name in HELD_BACK}
    return Proof(
        measured=measured,
        largest=largest(pairs),
        closest=closest(pairs),
        groups=len(heads),
        relatives=int(sizes[sizes > 1].sum()),
        giants=list(giants.select("group", "rows").head(SHOWN).iter_rows()),
        in_giants=int(giants["rows"].sum()),
        asked={"validation": settings.validation, "test": settings.test},
        reached={
            name: round(int((split == SPLITS.index(name)).sum()) / max(1, job.rows), 5) for name in HELD_BACK
        },
        **_against_the_data(job, label, split),
        synthetic=int(job.each("synthetic.npy").sum()),
        small=small(kept, settings),
        mix=mixes(added),
    )


def _against_the_data(job: Job, label: NDArray[np.uint32], split: NDArray[np.uint8]) -> dict[str, int]:
    """crossing and moved, as `split.proof.Proof` has them, where the data brings a split."""
    if not job.path(BROUGHT).exists():
        return {"crossing": 0, "moved": 0}
    brought = np.array(job.get(BROUGHT))
    said = brought != UNSAID
    seen = np.zeros(job.rows, np.uint8)
    np.bitwise_or.at(seen, label[said], (1 << brought[said]).astype(np.uint8))
    return {
        # More than one bit.
        "crossing": int(((seen & (seen - 1)) != 0).sum()),
        "moved": int((said & (brought != split)).sum()),
    }


def _across(job: Job) -> pl.DataFrame:
    """The pairs of which one is trained and one held back, as `split.proof.across` has them."""
    near = near_of(job)
    stands = _standing(job)
    one, other = (stands[near[name].to_numpy()] for name in ("example", "other"))
    crossing = ((one == _TRAIN) != (other == _TRAIN)) & (np.maximum(one, other) != _NOBODY)
    near = near.filter(pl.Series(crossing))
    rows = np.unique(near.select("example", "other").to_numpy()).astype(np.uint32)
    copies, firsts = np.array(job.get("copies.npy")), np.array(job.get("copies-first.npy"))
    rows = np.union1d(rows, copies[np.isin(firsts, rows)]).astype(np.uint32)
    fates = pl.Series(np.array(job.get("fate.npy"))[rows], dtype=pl.UInt8)
    splits = pl.DataFrame(
        {"example": rows, "fate": fates.replace_strict(dict(enumerate(FATES)), return_dtype=pl.String)}
    )
    return across(pl.DataFrame({"example": rows, "id": ids_of(job, rows)}), near, splits)


def _standing(job: Job) -> NDArray[np.uint8]:
    """Where the row went that stands for each: itself, or its first copy that is kept; 255: none is."""
    fate = np.array(job.get("fate.npy"))
    copies, firsts = np.array(job.get("copies.npy")), np.array(job.get("copies-first.npy"))
    stands = np.where(fate == _ASIDE, _NOBODY, fate).astype(np.uint8)
    # Backwards, so that of several the first is written last.
    kept = np.flatnonzero((fate[copies] != _ASIDE) & (stands[firsts] == _NOBODY))[::-1]
    stands[firsts[kept]] = fate[copies[kept]]
    return stands


def plan_held_back(job: Job) -> int:
    """Says which rows of validation and test training is looked through for, as `leaks.between` chooses them."""
    fate = np.array(job.get("fate.npy"))
    content = np.array(job.get("content.npy"))
    wanted, buckets = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
    for bucket, name in enumerate(HELD_BACK):
        rows = np.flatnonzero(fate == FATES.index(name)).astype(np.uint32)
        if len(rows) > BETWEEN:
            edge = np.partition(content[rows], BETWEEN - 1)[BETWEEN - 1]
            rows = rows[content[rows] <= edge]
        some = pl.DataFrame({"example": rows, "id": ids_of(job, rows)}).sort("id").head(BETWEEN)
        wanted.append(some["example"].to_numpy())
        buckets.append(np.full(some.height, bucket, np.uint32))
    want(job, "held_back", np.concatenate(wanted), np.concatenate(buckets))
    return len(wanted[1]) + len(wanted[2])


def hold_back(job: Job) -> int:
    """Writes the rows that are held back as if they were an evaluation."""
    frames = [HELD_OUT.to_frame()]
    frames += [
        items(uninstructed(got(job, "held_back", bucket)), name) for bucket, name in enumerate(HELD_BACK)
    ]
    held_back = pl.concat(frames)
    job.save(held_back, "held_back.arrow")
    return held_back.height


def _trained(job: Job, corpus: Corpus, fates: pl.DataFrame) -> Corpus:
    chosen = fates.filter(pl.col("fate") == "train")["example"]
    return replace(uninstructed(corpus.only(chosen)), held_out=job.load("held_back.arrow"))


def count_between(job: Job, number: int, corpus: Corpus, fates: pl.DataFrame) -> int:
    """Counts, in the training rows of a shard, what the check of contamination needs; returns how many hits."""
    trained = _trained(job, corpus, fates)
    if not trained.held_out.height or not trained.examples.height:
        return 0
    hits = 0
    for place, counted in counts_of(load_checks()["contamination"], trained, job.recipe):
        job.save(counted, "shards", number, f"between-count-contamination-{place}.arrow")
        hits += counted.height
    return hits


def judge_between(job: Job, number: int) -> int:
    """Training rows of a shard that hold some of what is held back."""
    from finesift.engine.placing import fates_of

    shard = job.shards[number]
    trained = _trained(job, corpus_of(job, shard), fates_of(job, shard.first, shard.rows))
    found = [FINDINGS.to_frame()]
    if trained.held_out.height and trained.examples.height:
        found += judged(job, load_checks()["contamination"], trained, "between-")
    touched = found_items(trained.examples, pl.concat(found))
    job.save(touched, "shards", number, "between.arrow")
    return touched.height


def between_shards(job: Job) -> tuple[list[HeldOut], pl.DataFrame]:
    """`leaks.between`, from what was found in shards."""
    if not job.path("held_back.arrow").exists() or not job.load("held_back.arrow").height:
        return [], LEAKS.to_frame()
    frames = [job.load("shards", shard.number, "between.arrow") for shard in job.shards]
    touched = pl.concat([_TOUCHED.to_frame(), *(frame.cast(_TOUCHED) for frame in frames)])
    return crossed(job.load("held_back.arrow"), touched.sort("set", "item", "id"), job.recipe)


def touched_of(job: Job) -> pl.DataFrame:
    """What was found of held-out items, as `report.held_out.found`."""
    frames = [job.load("shards", shard.number, "touched.arrow").cast(_TOUCHED) for shard in job.shards]
    return pl.concat([_TOUCHED.to_frame(), *frames]).sort("set", "item", "id")


def certify_shards(job: Job, held_out: pl.DataFrame) -> list[HeldOut]:
    """`leaks.certify`, from what was found in shards."""
    touched = touched_of(job)
    rows = touched["example"].unique().sort()
    outcomes = job.each("outcome.npy")[rows.to_numpy()]
    known = pl.Series(outcomes, dtype=pl.UInt8).replace_strict(
        dict(enumerate(OUTCOMES)), return_dtype=pl.String
    )
    return certified(held_out, touched, pl.DataFrame({"example": rows, "outcome": known}), job.recipe)
