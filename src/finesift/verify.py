"""Is a run folder what it was when it was made?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from finesift.errors import FinesiftError, RunError
from finesift.run import MANIFEST, SEALED, Run, sha256
from finesift.split import seal
from finesift.split.proof import HELD_BACK, VIEWS, across, largest

# Similarities are exact and stored to three digits.
ROUNDING = 0.0015


def verify(path: str | Path) -> list[str]:
    """What is wrong, a sentence each; empty where hashes, sums, seal, record of openings and split hold.

    The split is proved anew, from the rows as they were written; the sealed ones are read in memory only.
    Raises UsageError where there is no run.
    """
    run = Run.open(path)
    try:
        manifest = run.manifest
        outputs, summary = manifest["outputs"], manifest["summary"]
        fates, rows = summary["fates"], summary["rows"]
        sealed = outputs[SEALED]["sha256"]
        written = {name: output["sha256"] for name, output in outputs.items()}
        counts = sum(fates.values())
    except RunError as e:
        return [str(e.args[0])]
    except KeyError as e:
        return [f"{MANIFEST} has no entry {e}."]
    except (AttributeError, TypeError) as e:
        return [f"{MANIFEST} is not what a run writes: {e}."]
    faults = _journal(run)
    for name, hash_ in written.items():
        file = run.path / name
        if not _inside(run.path, file):
            faults.append(f"{MANIFEST} names {name!r}, which is outside the run.")
        elif not file.is_file():
            faults.append(f"{name} is missing.")
        elif sha256(file) != hash_:
            faults.append(f"{name} is not what was written: its SHA-256 differs.")
    if counts != rows:
        faults.append(f"the counts do not add up: {rows} rows were read, {counts} ended somewhere.")
    if outputs[SEALED].get("rows") != fates.get("test"):
        faults.append(f"{SEALED} does not hold the {fates.get('test')} rows of the test set.")
    if not faults:
        try:
            faults += _crossing(run) + _unproved(run, summary.get("split"))
        except (FinesiftError, pl.exceptions.PolarsError) as e:
            faults.append(f"the split cannot be proved: {e.args[0]}")
    try:
        fault = seal.broken(seal.openings(run.path), sealed, manifest.get("opened"))
    except (FinesiftError, OSError) as e:
        fault = f"cannot be followed: {e.args[0]}"
    return faults + ([f"{seal.RECORD}: {fault}."] if fault else [])


def _journal(run: Run) -> list[str]:
    """A journal may grow after a run was made from it; what it said then must still be there."""
    from finesift.review.journal import FIRST, Journal, is_journal, place_of

    known = (run.manifest.get("review") or {}).get("journal")
    file = place_of(run.path, run.manifest["recipe"].get("policy", {}).get("decisions"))
    if known is None and not file.is_file():
        return []
    if not is_journal(file):
        return [f"{file}, the journal of the decisions, is missing or none."] if known else []
    try:
        lines = Journal(file).entries
    except RunError as e:
        return [str(e.args[0])]
    if known is None:
        return []
    head = lines[known["lines"] - 1].hash if 0 < known["lines"] <= len(lines) else FIRST
    return (
        [] if head == known["head"] else [f"{file} does not hold the decisions that the run was made from."]
    )


def _inside(folder: Path, file: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve())


def _crossing(run: Run) -> list[str]:
    splits = run.table("splits")
    faults = []
    parted = splits.group_by("group").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1).height
    if parted:
        faults.append(f"{parted} groups of relatives are parted by the split.")
    ids = run.table("examples").join(splits, on="example").select("id", "fate")
    for name in ("train", "validation"):
        listed = sorted(ids.filter(pl.col("fate") == name)["id"])
        files = run.files(name)
        if sorted(id_ for file in files for id_ in _ids(file)) != listed:
            named = ", ".join(file.name for file in files) or f"{name}.jsonl"
            faults.append(f"{named} does not hold the rows that tables/splits.parquet sends there.")
    return faults


def _ids(file: Path) -> list[str]:
    import orjson

    try:
        return [orjson.loads(line)["id"] for line in file.read_bytes().splitlines()]
    except (orjson.JSONDecodeError, KeyError, TypeError) as e:
        raise RunError(f"{file} holds a line that is no row: {e}.") from e


def _unproved(run: Run, told: dict[str, Any] | None) -> list[str]:
    """Similarities across the splits that are larger than the manifest has them."""
    if told is None:
        return [f"{MANIFEST} has no proof of the split."]
    if not told["measured"]:
        return []
    from finesift.match.compare import compare
    from finesift.read import read

    files = {split: run.files(split) for split in ("train", "validation")} | {"test": [run.path / SEALED]}
    corpus = read([file for of in files.values() for file in of])
    fate = pl.lit(None, pl.String)
    for split, of in files.items():
        fate = pl.when(pl.col("source").is_in([str(file) for file in of])).then(pl.lit(split)).otherwise(fate)
    ngram = run.manifest["recipe"].get("checks", {}).get("near_duplicate", {}).get("ngram", 5)
    near, _ = compare(corpus, ngram=ngram)
    found = largest(across(corpus.examples, near, corpus.examples.select("example", fate=fate)))
    return [
        f"the split is not as far apart as {MANIFEST} says: a row of {split} and one of train are {now:.3f} alike by "
        f"{view}, not {_told(told, split, view)}."
        for split in HELD_BACK
        for view in VIEWS
        if (now := found[split][view]) is not None
        and now > (told["largest"][split][view] or 0.5 - ROUNDING) + ROUNDING
    ]


def _told(told: dict[str, Any], split: str, view: str) -> str:
    known = told["largest"][split][view]
    return "under 0.5" if known is None else f"{known:.3f}"
