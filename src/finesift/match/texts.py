"""Documents for the kernels: spans of one buffer of text, normalised where that changes their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from finesift.match.kernels import in_parallel, kernels

#: Rows looked at together for characters that need normalising.
SLICE = 8192


@dataclass(frozen=True)
class Texts:
    """Document i is data[starts[i]:ends[i]], UTF-8; documents may overlap and share text.

    data: uint8 [bytes]. starts, ends: int64 [N].
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def of(cls, column: pl.Series) -> Texts:
        """One document per value of a string column; null is empty. Copies the text once."""
        if not len(column):
            return cls.as_it_lies(column)
        # Slices, since a buffer of many megabytes costs more to get than to fill.
        slices = column.to_frame().iter_slices(SLICE)
        unusual = np.concatenate([cls.from_arrow(_arrow(part.to_series())).unusual() for part in slices])
        if unusual.any():
            rows = np.flatnonzero(unusual).astype(np.uint32)
            usual = column.gather(rows).str.normalize("NFKC").str.to_lowercase()
            # Series.scatter writes into the series itself: the caller keeps his.
            column = column.clone().scatter(rows, usual)
        return cls.as_it_lies(column)

    @classmethod
    def as_it_lies(cls, column: pl.Series) -> Texts:
        """One document per value of a string column, not normalised; null is empty. Copies the text once."""
        return cls.from_arrow(_arrow(column))

    @classmethod
    def from_arrow(cls, column: pa.Array[Any]) -> Texts:
        """A large_string array as it lies, memory-mapped ones too: no copy, and no normalising."""
        _, offsets, data = column.buffers()
        ends = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
        return cls(np.frombuffer(data or b"", np.uint8), ends[:-1], ends[1:])

    def spans(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> Texts:
        """New documents, each from the start of document `first` to the end of the one before `last`."""
        edges = np.append(self.starts, self.ends[-1:] if len(self) else 0)
        return Texts(self.data, edges[first], edges[last])

    def unusual(self) -> NDArray[np.bool_]:
        """bool [N]: which hold characters that NFKC or lower-casing turns into others than the kernels do."""
        out = np.zeros(len(self), np.uint8)
        in_parallel(
            lambda lo, hi: kernels()(
                "unusual", self.data, len(self.data), self.starts, self.ends, lo, hi, out[lo:hi]
            ),
            len(self),
        )
        return out.view(np.bool_)


def _arrow(column: pl.Series) -> pa.Array[Any]:
    return column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
