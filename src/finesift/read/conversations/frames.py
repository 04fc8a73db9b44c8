"""Turns and examples as growing columns, and the frames they become."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from finesift.ids import digests
from finesift.read.conversations.example import Example
from finesift.read.conversations.fast_turns import ArrowArray, Turns
from finesift.read.conversations.thoughts import OPENING, parted
from finesift.read.records.record import Note, Unreadable
from finesift.read.repair import repaired, told
from finesift.tables import EXAMPLES, NOTES, ORIGINALS, PARTS, ROLES, TURNS, UNREADABLE, Part, Role

# What most turns do not have: kept by place, not in a list that is nearly all null.
_SPARSE = ("reasoning", "tool_calls", "tool_call_id", "name", "train", "media")
_THINK = "<think>"

_ASSISTANT = ROLES.index("assistant")

# One row of an Arrow binary view: its length, its first bytes, and where the rest of it lies.
_VIEW = np.dtype([("length", "<i4"), ("prefix", "V4"), ("buffer", "<i4"), ("offset", "<i4")])
_SHORTEST_VIEW = 13  # shorter values are kept in the view itself


class Columns:
    """Rows of one file, as columns. A place is a number from 0 within them.

    What came from one block is sealed into Arrow as soon as the block is done, while it is in the cache, so
    that few Python objects live at a time.
    """

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.shapes: list[str] = []
        self.lengths: list[int] = []  # turns per example
        self.tools: dict[int, str] = {}
        self.labels: dict[int, bool] = {}
        self.extras: dict[int, str] = {}
        self.notes: list[tuple[int, str, str]] = []
        self.roles = bytearray()
        self.parts: dict[int, int] = {}
        self.sparse: dict[str, dict[int, Any]] = {name: {} for name in _SPARSE}
        self.unreadable: list[tuple[int, bytes, str, str]] = []
        self.raws: list[bytes] = []  # of the block at hand, like the contents
        self.contents: list[str | None] = []
        self.sealed_raws: list[pl.Series] = []
        self.sealed_contents: list[pl.Series] = []

    def seal(self) -> None:
        """Turns the block at hand into Arrow."""
        if self.raws:
            self.sealed_raws.append(pl.Series(self.raws, dtype=pl.Binary))
            self.raws = []
        if self.contents:
            self.sealed_contents.append(pl.Series(self.contents, dtype=pl.String))
            self.contents = []

    def add(self, row: int, raw: bytes, example: Example, extra: str | None) -> None:
        """Adds an example that `shapes` understood."""
        place, start = len(self.lengths), len(self.roles)
        for part, turns in enumerate((example.turns, example.chosen, example.rejected)):
            for turn in turns:
                at = len(self.roles)
                self.roles.append(ROLES.index(turn.role))
                self.contents.append(turn.content)
                if part:
                    self.parts[at] = part
                for name, column in self.sparse.items():
                    if (value := getattr(turn, name)) is not None:
                        column[at] = value
        if example.tools is not None:
            self.tools[place] = example.tools
        if example.label is not None:
            self.labels[place] = example.label
        if extra is not None:
            self.extras[place] = extra
        self.lengths.append(len(self.roles) - start)
        self.rows.append(row)
        self.shapes.append(example.shape)
        self.raws.append(raw)

    def add_plain(
        self, shape: str, rows: Sequence[int], raws: pl.Series | Sequence[bytes], turns: Turns
    ) -> None:
        """Adds examples that `plain` read; their raw rows may be Arrow already."""
        place = len(self.lengths)
        self.extras |= {place + number: extra for number, extra in turns.extras.items()}
        self.notes += [(place + number, *note) for number, note in turns.notes]
        self.lengths += turns.lengths
        self.roles += turns.roles
        if isinstance(turns.contents, pl.Series):
            self.seal()
            self.sealed_contents.append(turns.contents)
        else:
            self.contents += turns.contents
        self.rows += rows
        self.shapes += [shape] * len(rows)
        if isinstance(raws, pl.Series):
            self.sealed_raws.append(raws)
            self.seal()
        else:
            self.raws += raws

    def refuse(self, row: int, raw: bytes, fault: Unreadable) -> None:
        """Keeps a row that cannot be used, with the reason."""
        self.unreadable.append((row, raw, fault.error, fault.hint))

    def note(self, notes: Iterable[Note], place: int) -> None:
        """Notes on the example in `place`."""
        self.notes += [(place, kind, message) for kind, message in notes]

    def note_rows(self, start: int, notes: Mapping[int, Note]) -> None:
        """Notes on the examples from `start` on, by the number of their row."""
        for place, row in enumerate(self.rows[start:], start):
            if row in notes:
                self.note([notes[row]], place)

    def frames(self, source: str, first: int, repair: Collection[str] = ()) -> dict[str, pl.DataFrame]:
        """The tables, with ids but without the suffixes of copies; examples are numbered from `first`."""
        count = len(self.rows)
        numbers = np.arange(first, first + count, dtype=np.uint32)
        turns, changes = repaired(self._turns(numbers, self._contents()), repair)
        examples = pl.DataFrame(
            {
                "example": numbers,
                "id": _same("", count),
                "source": _same(source, count),
                "row": pl.Series(self.rows, dtype=pl.UInt32),
                "shape": pl.Series(self.shapes, dtype=pl.String),
                "tools": _sparse(self.tools, count, pl.String()),
                "label": _sparse(self.labels, count, pl.Boolean()),
                "extra": _sparse(self.extras, count, pl.String()),
            },
            schema=EXAMPLES,
        )
        ids = digests(examples, turns)
        raws = pl.concat([ORIGINALS.to_frame()["raw"], *self.sealed_raws])
        # By column: rows of tuples cost ten times as much.
        noted = dict(zip(NOTES, zip(*self.notes, strict=True), strict=True)) if self.notes else {}
        notes = pl.DataFrame(noted, schema=NOTES).with_columns(pl.col("example") + first)
        refused = [(source, *row) for row in self.unreadable]
        return {
            "examples": examples.with_columns(ids),
            "turns": turns,
            "originals": pl.DataFrame({"example": numbers, "raw": raws}, schema=ORIGINALS),
            "notes": pl.concat([notes, told(changes)]).sort("example", maintain_order=True),
            "unreadable": pl.DataFrame(refused, schema=UNREADABLE, orient="row"),
        }

    def _turns(self, numbers: NDArray[np.uint32], contents: pl.Series) -> pl.DataFrame:
        count = len(contents)
        lengths = np.fromiter(self.lengths, np.int64, len(self.lengths))
        starts = np.cumsum(lengths) - lengths
        parts = np.zeros(count, np.uint8)
        if self.parts:
            parts[list(self.parts)] = list(self.parts.values())
        return pl.DataFrame(
            {
                "example": np.repeat(numbers, lengths),
                "part": _named(parts, PARTS, Part),
                "turn": (np.arange(count) - np.repeat(starts, lengths)).astype(np.uint32),
                "role": _named(np.frombuffer(bytes(self.roles), np.uint8), ROLES, Role),
                "content": contents,
                **{name: _sparse(self.sparse[name], count, TURNS[name]) for name in _SPARSE},
            },
            schema=TURNS,
        )

    def _contents(self) -> pl.Series:
        """The contents; reasoning that stands between marks at the start of an answer moves to its column."""
        contents = pl.concat([TURNS.to_frame()["content"], *self.sealed_contents])
        begins = pl.lit(contents).str.starts_with
        opens = begins(_THINK) | begins(f"\n{_THINK}") | begins(OPENING)
        places: list[int] = []
        marks: dict[int, str] = {}
        answers: list[str] = []
        for place in pl.select(opens.arg_true()).to_series():
            if self.roles[place] == _ASSISTANT and place not in self.sparse["reasoning"]:
                found = parted(contents[place])
                if found:
                    self.sparse["reasoning"][place], answer = found
                    answers.append(answer)
                    places.append(place)
                    marks[place] = OPENING if contents[place].startswith(OPENING) else _THINK
        if not places:
            return contents
        owners = np.searchsorted(np.cumsum(self.lengths), places, side="right").tolist()
        noted = dict.fromkeys(zip(owners, (marks[place] for place in places), strict=True))
        self.notes += [
            (owner, "repair", f"{mark} at the start of an answer read as its reasoning")
            for owner, mark in noted
        ]
        return contents.scatter(places, answers)


def line_views(data: bytes, ends: NDArray[np.int64]) -> pl.Series | None:
    """The lines of `data` without a copy; None where one is not what only a JSON object is: {…}, and long.

    A line that starts with { and ends with } cannot be the middle of a value that goes over several lines.
    """
    letters = np.frombuffer(data, np.uint8)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts
    if lengths.min() < _SHORTEST_VIEW:
        return None
    if (letters[starts] != ord("{")).any() or (letters[ends - 1] != ord("}")).any():
        return None
    views = np.zeros(len(starts), _VIEW)
    views["length"], views["offset"] = lengths, starts
    views["prefix"] = letters[starts[:, None] + np.arange(4)].view("V4")[:, 0]
    buffers = [None, pa.py_buffer(views), pa.py_buffer(data)]
    return pl.Series(
        ArrowArray(pa.Array.from_buffers(pa.binary_view(), len(starts), buffers)), dtype=pl.Binary
    )


def _sparse(values: Mapping[int, Any], length: int, dtype: pl.DataType) -> pl.Series:
    if not values:
        return pl.repeat(None, length, eager=True, dtype=dtype)
    column: list[Any] = [None] * length
    for place, value in values.items():
        column[place] = value
    return pl.Series(column, dtype=dtype)


def _same(value: str, length: int) -> pl.Series:
    return pl.Series([value], dtype=pl.String).new_from_index(0, length)


def _named(codes: NDArray[np.uint8], names: Sequence[str], dtype: pl.DataType) -> pl.Series:
    return pl.Series(names, dtype=dtype).gather(pl.Series(codes, dtype=pl.UInt8))
