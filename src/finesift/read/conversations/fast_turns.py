"""Plain turns of many examples, as columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from finesift.read.records.record import Note


class ArrowArray:
    """An Arrow array as Polars takes it from anybody. From pyarrow itself it would load a module of 0.15 s first."""

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        capsules: tuple[object, object] = self._array.__arrow_c_array__(requested_schema)
        return capsules


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
