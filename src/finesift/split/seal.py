"""The seal on the test set: who opened it, when and why, in a chain that shows when it was altered.

It is a seal, not a lock: anybody who can read the folder can break it, but not without a trace that `verify`
sees, unless they rewrite the whole run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from finesift.errors import RunError

RECORD = "sealed/openings.jsonl"


@dataclass(frozen=True)
class Opening:
    """One opening. `previous` is the hash of the one before; of the first, the hash of the sealed file."""

    number: int
    who: str
    when: str
    why: str
    previous: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.line).hexdigest()

    @property
    def line(self) -> bytes:
        return orjson.dumps(asdict(self))


def openings(run: Path) -> list[Opening]:
    """The record of a run folder; empty if it was never opened. Raises RunError where it is damaged."""
    file = run / RECORD
    if not file.exists():
        return []
    try:
        return [Opening(**orjson.loads(line)) for line in file.read_bytes().splitlines()]
    except (orjson.JSONDecodeError, TypeError) as e:
        raise RunError(f"{file} is damaged: {e}.") from e


def next_opening(before: Sequence[Opening], sealed: str, *, who: str, why: str) -> Opening:
    """The opening to add. sealed: SHA-256 of the sealed file."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Opening(len(before) + 1, who, now, why, before[-1].hash if before else sealed)


def broken(record: Sequence[Opening], sealed: str, head: str | None) -> str | None:
    """What is wrong with a record, or None. head: hash of its last opening, as the manifest has it."""
    previous = sealed
    for number, opening in enumerate(record, 1):
        if opening.number != number or opening.previous != previous:
            return f"opening {number} does not follow from what is before it: one was changed or taken out"
        previous = opening.hash
    if (record[-1].hash if record else None) != head:
        return "the last opening is not the one that the manifest knows: one was changed, added or taken out"
    return None
