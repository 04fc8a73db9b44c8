"""A record: one row of a file as JSON bytes, before anyone knows what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class Unreadable(Exception):
    """Why one row cannot be used, and what to do about it. Caught by the reader; it leaves this package never."""

    def __init__(self, error: str, hint: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.hint = hint


Note = tuple[str, str]
"""What was done to a row, or is odd about it: kind and message, as in the table `notes`."""


@dataclass(frozen=True, slots=True)
class Block:
    """Records that follow one another in a file.

    data: one record per line; what is no JSON stands as it stood in the file. rows: their lines or record
    numbers, from 1. done: bytes of the file read so far, as it lies on the disk. refused: rows that cannot even
    be a line, with the reason. notes: on records, by their row.
    """

    data: bytes
    rows: Sequence[int]
    done: int
    refused: Sequence[tuple[int, bytes, Unreadable]] = ()
    notes: Mapping[int, Note] = field(default_factory=dict)

    @property
    def raws(self) -> list[bytes]:
        return self.data.split(b"\n") if self.rows else []
