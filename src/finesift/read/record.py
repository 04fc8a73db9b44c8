"""A record: one row of a file as JSON bytes, before anyone knows what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class Unreadable(Exception):
    """Why one row cannot be used, and what to do about it. The reader catches it: it leaves no file."""

    def __init__(self, error: str, hint: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Block:
    """Records that follow one another in a file.

    rows: their lines or record numbers, from 1. raws: each as JSON on one line, or as it stood in the file
    where it is no JSON. done: bytes of the file read so far, as it lies on the disk. faults: what is already
    known to be wrong with a record, notes: what was done to it, each by its place in the block. parsed: the
    records as Python objects where reading had to parse them anyway.
    """

    rows: Sequence[int]
    raws: Sequence[bytes]
    done: int
    faults: Mapping[int, Unreadable] = field(default_factory=dict)
    notes: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    parsed: Sequence[Any] | None = None
