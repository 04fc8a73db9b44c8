"""Turns and examples as growing columns, and the frames they become."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import polars as pl

from finesift.corpus import EXAMPLES, ORIGINALS, PARTS, ROLES, TURNS, UNREADABLE, Part, Role

_SPARSE = ("reasoning", "tool_calls", "tool_call_id", "name", "train")


class Columns:
    """Rows of one block. What most rows lack is kept by its place; the rest as one list per column."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.raws: list[bytes] = []
        self.shapes: list[str] = []
        self.ids: list[str] = []
        self.lengths: list[int] = []  # turns per example
        self.tools: dict[int, str] = {}
        self.labels: dict[int, bool] = {}
        self.extras: dict[int, str] = {}
        self.roles = bytearray()
        self.contents: list[str | None] = []
        self.parts: dict[int, int] = {}
        self.sparse: dict[str, dict[int, Any]] = {name: {} for name in _SPARSE}
        self.unreadable: list[tuple[int, bytes, str, str]] = []
        self.notes: list[tuple[int, str, str]] = []

    def rollback(self, turns: int) -> None:
        """Takes back the turns from `turns` on, of a row that turned out to need more care."""
        del self.roles[turns:], self.contents[turns:]

    def frames(self, source: str, first: int) -> dict[str, pl.DataFrame]:
        """The tables; the examples are numbered from `first`."""
        count, turns = len(self.rows), len(self.contents)
        numbers = np.arange(first, first + count, dtype=np.uint32)
        lengths = np.fromiter(self.lengths, np.int64, count)
        starts = np.fromiter(accumulate(self.lengths, initial=0), np.int64, count + 1)[:-1]
        parts = np.zeros(turns, np.uint8)
        if self.parts:
            parts[list(self.parts)] = list(self.parts.values())
        examples = {
            "example": numbers,
            "id": self.ids,
            "source": pl.repeat(source, count, eager=True, dtype=pl.String),
            "row": self.rows,
            "shape": self.shapes,
            "tools": _sparse(self.tools, count, pl.String()),
            "label": _sparse(self.labels, count, pl.Boolean()),
            "extra": _sparse(self.extras, count, pl.String()),
        }
        turn = (np.arange(turns) - np.repeat(starts, lengths)).astype(np.uint32)
        messages = {
            "example": np.repeat(numbers, lengths),
            "part": _named(parts, PARTS, Part),
            "turn": turn,
            "role": _named(np.frombuffer(bytes(self.roles), np.uint8), ROLES, Role),
            "content": pl.Series(self.contents, dtype=pl.String),
            **{name: _sparse(self.sparse[name], turns, TURNS[name]) for name in _SPARSE},
        }
        return {
            "examples": pl.DataFrame(examples, schema=EXAMPLES),
            "turns": pl.DataFrame(messages, schema=TURNS),
            "originals": pl.DataFrame({"example": numbers, "raw": self.raws}, schema=ORIGINALS),
            "unreadable": pl.DataFrame(
                [(source, *row) for row in self.unreadable], schema=UNREADABLE, orient="row"
            ),
        }


def _sparse(values: dict[int, Any], length: int, dtype: pl.DataType) -> pl.Series:
    if not values:
        return pl.repeat(None, length, eager=True, dtype=dtype)
    column: list[Any] = [None] * length
    for place, value in values.items():
        column[place] = value
    return pl.Series(column, dtype=dtype)


def _named(codes: np.ndarray[Any, np.dtype[np.uint8]], names: Sequence[str], dtype: pl.DataType) -> pl.Series:
    return pl.Series(names, dtype=dtype).gather(pl.Series(codes))
