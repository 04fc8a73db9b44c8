"""A record: one row of a file as JSON bytes, before anyone knows what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finesift.match.kernels import kernels

Note = tuple[str, str]
"""What was done to a row, or is odd about it: kind and message, as in the table `notes`."""


# Bytes of a line that is short for a record: of longer ones, the places are found in one pass.
_SHORT = 64


class Unreadable(Exception):
    """Why one row cannot be used, and what to do about it. It never leaves the reader."""

    def __init__(self, error: str, hint: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.hint = hint


@dataclass(slots=True)
class Unsure:
    """That nobody has looked yet whether the lines of a block are JSON. Who reads them fast does so anyhow; who cannot
    looks, and says with `odd` that they are none: then they come again, one by one, with what is wrong."""

    odd: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Records that follow one another in a file.

    data: one record per line; what is no JSON stands as it stood in the file. ends: where each line ends.
    rows: their lines or record numbers, from 1. done: bytes of the file read so far, as it lies on the disk.
    refused: rows that cannot even be a line, with the reason. notes: on records, by their row. unsure: see there;
    None where the lines are known to be what they should.
    """

    data: bytes
    ends: NDArray[np.int64]
    rows: Sequence[int]
    done: int
    refused: Sequence[tuple[int, bytes, Unreadable]] = ()
    notes: Mapping[int, Note] = field(default_factory=dict)
    unsure: Unsure | None = None

    @classmethod
    def of(
        cls,
        raws: Sequence[bytes],
        rows: Sequence[int],
        done: int,
        refused: Sequence[tuple[int, bytes, Unreadable]] = (),
        notes: Mapping[int, Note] | None = None,
    ) -> Block:
        """A block of records that are one line each."""
        ends = np.cumsum([len(raw) + 1 for raw in raws], dtype=np.int64) - 1
        return cls(b"\n".join(raws), ends, rows, done, refused, notes or {})

    def part(self, first: int, stop: int, start: int) -> Block:
        """The records from `first` to before `stop`, without notes and refusals. start: where the first begins."""
        end = int(self.ends[stop - 1])
        return Block(self.data[start:end], self.ends[first:stop] - start, self.rows[first:stop], self.done)

    @property
    def raws(self) -> list[bytes]:
        return self.data.split(b"\n") if len(self.ends) else []


def line_ends(data: bytes) -> NDArray[np.int64]:
    """Where each line of `data` ends, the last one at the end of it."""
    most = len(data) // _SHORT + 1
    while True:
        ends = np.empty(most, np.int64)
        count = kernels()("line_ends", np.frombuffer(data, np.uint8), len(data), ends, most)
        if count <= most:
            return ends[:count].copy()
        most = count


def kind_of(value: object) -> str:
    """What a value is, in words."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (type(None), "null"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "text"),
        (list, "a list"),
    )
    return next((name for types, name in kinds if isinstance(value, types)), "an object")


def names_of(record: Mapping[str, Any]) -> str:
    """The names of a record's fields, cut to what fits into a message."""
    names = [name[:40] for name in list(record)[:12]]
    return ", ".join(names) + (", …" if len(record) > len(names) else "")
