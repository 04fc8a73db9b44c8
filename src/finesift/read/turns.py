"""Plain turns of many examples, as columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from finesift.read.record import Note


@dataclass(slots=True)
class Turns:
    """Examples as columns: turns per example, then the role and the content of each turn.

    extras and notes: by the number of the example, from 0.
    """

    lengths: list[int]
    roles: bytes
    contents: list[str] | pl.Series
    notes: list[tuple[int, Note]] = field(default_factory=list)
    extras: dict[int, str] = field(default_factory=dict)
