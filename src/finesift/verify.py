"""Is a run folder what it was when it was made?"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from finesift.errors import FinesiftError, RunError
from finesift.run import MANIFEST, SEALED, Run, sha256
from finesift.split import seal


def verify(path: str | Path) -> list[str]:
    """What is wrong, a sentence each; empty where hashes, sums, seal and record of openings hold.

    Raises UsageError where there is no run.
    """
    run = Run.open(path)
    try:
        manifest = run.manifest
        outputs, summary = manifest["outputs"], manifest["summary"]
        fates, rows = summary["fates"], summary["rows"]
    except RunError as e:
        return [str(e.args[0])]
    except KeyError as e:
        return [f"{MANIFEST} has no entry {e}."]
    faults = []
    for name, written in outputs.items():
        file = run.path / name
        if not file.is_file():
            faults.append(f"{name} is missing.")
        elif sha256(file) != written["sha256"]:
            faults.append(f"{name} is not what was written: its SHA-256 differs.")
    if sum(fates.values()) != rows:
        faults.append(
            f"the counts do not add up: {rows} rows were read, {sum(fates.values())} ended somewhere."
        )
    if outputs.get(SEALED, {}).get("rows") != fates.get("test"):
        faults.append(f"{SEALED} does not hold the {fates.get('test')} rows of the test set.")
    if not faults:
        faults += _crossing(run)
    try:
        fault = seal.broken(seal.openings(run.path), outputs[SEALED]["sha256"], manifest.get("opened"))
    except (FinesiftError, KeyError) as e:
        fault = f"{seal.RECORD} cannot be followed: {e.args[0]}"
    return faults + ([f"{seal.RECORD}: {fault}."] if fault else [])


def _crossing(run: Run) -> list[str]:
    splits = run.table("splits").group_by("group").agg(pl.col("split").n_unique())
    parted = splits.filter(pl.col("split") > 1).height
    return [f"{parted} groups of relatives are parted by the split."] if parted else []
