"""What a trainer's batches hold: sequences, and where one row ends and the next begins, as far as a batch says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from finesift.errors import InputError

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Packed:
    """A sequence of a batch. ids, labels: int64 [T]. real: bool [T], what is no padding.

    starts: where its rows begin, ascending, as the batch says by positions, sequence numbers, lengths or an attention
    mask; None: it says nothing of that.
    """

    ids: Ids
    labels: Ids
    real: Flags
    starts: Ids | None

    @property
    def inside(self) -> tuple[int, int]:
        """From the first token that is no padding to behind the last."""
        at = np.flatnonzero(self.real)
        return (int(at[0]), int(at[-1]) + 1) if len(at) else (0, 0)

    def segments(self) -> list[tuple[int, int]]:
        """The stretches that the batch keeps apart; one, where it says nothing."""
        first, last = self.inside
        if first == last:
            return []
        cuts = [] if self.starts is None else [int(at) for at in self.starts if first < at < last]
        return list(zip([first, *cuts], [*cuts, last], strict=True))


def packed_in(batch: Mapping[str, Any], number: int) -> Iterator[Packed]:
    """The sequences of a batch. Raises InputError where it is not of the form that a collator gives."""
    ids, labels = (_lists(batch, name, number) for name in ("input_ids", "labels"))
    if ids is None or labels is None:
        raise InputError(
            f"batch {number} has no {'labels' if ids else 'input_ids'}.",
            hint="Give the batches as the data collator makes them, with input_ids and labels.",
        )
    masks = _attention(batch)
    for place, one in enumerate(ids):
        if place >= len(labels) or len(labels[place]) != len(one):
            raise InputError(f"batch {number}, sequence {place}: input_ids and labels differ in length.")
        mask = None if masks is None or place >= len(masks) else masks[place]
        real = np.ones(len(one), bool)
        starts = _starts(batch, number, place, len(ids), len(one))
        if mask is not None and mask.shape == (len(one),):
            real = mask != 0
            if mask.max(initial=0) > 1:  # numbers of sequences, 1, 2, 3, …, and 0 for padding
                starts = _with(starts, np.flatnonzero(np.diff(mask)) + 1)
        elif mask is not None and mask.shape == (len(one), len(one)):
            # A float mask is added to the scores, so 0 lets through; a bool mask says what is seen.
            seen = mask != 0 if mask.dtype == bool or mask.min(initial=0) >= 0 else mask == 0
            real = seen.diagonal()
            starts = _with(starts, np.flatnonzero(~seen.diagonal(-1)) + 1)
        yield Packed(one, labels[place], real, starts)


def _starts(batch: Mapping[str, Any], number: int, place: int, rows: int, size: int) -> Ids | None:
    """Where rows begin, by whatever fields say so."""
    starts: Ids | None = None
    lengths = next((batch[name] for name in _LENGTHS if batch.get(name) is not None), None)
    if lengths is not None:
        ends = np.asarray(_listed(lengths), np.int64).ravel()
        # Of a batch that is one long sequence; else counted through all its sequences.
        own = ends - place * size if rows > 1 else ends
        starts = own[(own >= 0) & (own < size)]
    for name, begins in (("position_ids", _restarts), ("seq_idx", _changes)):
        values = _rows_of(batch, name, number)
        if not values:
            continue
        at = values[place if len(values) == rows else 0]
        if len(at) != size:
            raise InputError(f"batch {number}, sequence {place}: input_ids and {name} differ in length.")
        starts = _with(starts, begins(at))
    return starts


_LENGTHS = ("cu_seq_lens_q", "cu_seqlens_q", "cu_seqlens", "cu_seq_lens_k")


def _restarts(at: Ids) -> Ids:
    """Positions that do not go on begin a row."""
    return np.flatnonzero(np.diff(at) != 1) + 1


def _changes(at: Ids) -> Ids:
    return np.flatnonzero(np.diff(at) != 0) + 1


def _with(starts: Ids | None, more: NDArray[np.signedinteger[Any]]) -> Ids:
    found = np.asarray(more, np.int64)
    return found if starts is None else np.union1d(starts, found)


def _listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _attention(batch: Mapping[str, Any]) -> list[NDArray[Any]] | None:
    """The attention mask of each sequence: [T], or [T, T] with or without heads around it."""
    value = batch.get("attention_mask")
    if value is None or isinstance(value, Mapping):
        return None
    rows = [np.asarray(_listed(row)) for row in _listed(value)]
    if rows and rows[0].ndim == 0:
        rows = [np.asarray(rows)]
    return [row[0] if row.ndim == 3 else row for row in rows]


def _rows_of(batch: Mapping[str, Any], name: str, number: int) -> list[Ids] | None:
    """As `_lists`; of positions in several dimensions, as for pictures, the first."""
    value = _listed(batch.get(name))
    deep = value and isinstance(value[0], Sequence) and value[0] and isinstance(value[0][0], Sequence)
    return _lists({name: value[0]} if deep else batch, name, number)


def _lists(batch: Mapping[str, Any], name: str, number: int) -> list[Ids] | None:
    """The rows of a field as arrays; one row may stand without a list around it."""
    value = batch.get(name)
    if value is None:
        return None
    value = value.tolist() if hasattr(value, "tolist") else list(value)
    rows = [row.tolist() if hasattr(row, "tolist") else row for row in value]
    if rows and not isinstance(rows[0], Sequence):
        rows = [rows]
    try:
        return [np.asarray(row, np.int64) for row in rows]
    except (TypeError, ValueError) as e:
        raise InputError(f"batch {number}: {name} holds something that is no token id: {e}.") from e


def read_batches(file: Path) -> Iterator[dict[str, Any]]:
    """Batches from JSON lines, or from Parquet, where each row is a batch of its own."""
    try:
        if file.suffix == ".parquet":
            for part in pq.ParquetFile(file).iter_batches(1_024):
                yield part.to_pydict()
        else:
            with file.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    batch = orjson.loads(line)
                    if not isinstance(batch, dict):
                        raise InputError(f"{file}:{number}: is no JSON object with input_ids and labels.")
                    yield batch
    except (OSError, orjson.JSONDecodeError, pa.ArrowException) as e:
        raise InputError(
            f"{file}: cannot be read: {e}.", hint="Write JSON lines, {input_ids: …, labels: …}, or Parquet."
        ) from e
