"""Parquet, Arrow and Feather: rows of a table as JSON objects.

A table cannot leave a field out of one row, or of one struct: it writes null. So null says that the field is
not there, and so does NaN, which is how data frames write null. Neither is carried over.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from finesift.errors import InputError
from finesift.read.records.record import Block, Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows that are Python objects at a time.
ROWS = 4096

_PARQUET, _ARROW_FILE, _ARROW_STREAM, _FEATHER_1 = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff", b"FEA1"


def is_table(head: bytes) -> bool:
    """Whether a file that begins with `head` is one of these."""
    return head.startswith((_PARQUET, _ARROW_FILE, _ARROW_STREAM, _FEATHER_1))


def table_rows(path: str, head: bytes) -> Iterator[Block]:
    """The rows of a file on the disk. Raises InputError where it is damaged."""
    import pyarrow as pa

    size, row = Path(path).stat().st_size, 1
    try:
        for batch, share in _parquet(path) if head.startswith(_PARQUET) else _arrow(path, head):
            # Offsets in a damaged file point anywhere.
            batch.validate(full=True)
            for start in range(0, batch.num_rows, ROWS):
                part = batch.slice(start, ROWS)
                yield _block(part, row, int(share * size))
                row += part.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        raise InputError(
            f"{path}: is damaged, or not the Parquet or Arrow file that it begins as: {error}.",
            hint="Fetch or write it again.",
        ) from None


def _parquet(path: str) -> Iterator[tuple[pa.RecordBatch, float]]:
    """Batches, and the share of the file that is read."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        seen = 0
        for batch in file.iter_batches(ROWS):
            seen += batch.num_rows
            yield batch, seen / file.metadata.num_rows


def _arrow(path: str, head: bytes) -> Iterator[tuple[pa.RecordBatch, float]]:
    """Batches, and the share of the file that is read; a stream does not say how many there are."""
    import pyarrow as pa

    if head.startswith(_FEATHER_1):
        raise InputError(
            f"{path}: is Feather version 1.", hint="Write it again as Parquet or Feather version 2."
        )
    with pa.memory_map(path) as source:
        if head.startswith(_ARROW_FILE):
            reader = pa.ipc.open_file(source)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number), (number + 1) / reader.num_record_batches
        else:
            for batch in pa.ipc.open_stream(source):
                yield batch, source.tell() / source.size()


def _block(batch: pa.RecordBatch, first: int, done: int) -> Block:
    rows: list[int] = []
    raws: list[bytes] = []
    refused: list[tuple[int, bytes, Unreadable]] = []
    for row, record in enumerate(batch.to_pylist(), first):
        try:
            raws.append(orjson.dumps(_present(record), default=_plain))
            rows.append(row)
        except orjson.JSONEncodeError as error:
            fault = Unreadable(f"the row cannot be written as JSON: {error}", "Write its columns as text.")
            refused.append((row, repr(record).encode("utf-8", "replace"), fault))
    return Block.of(raws, rows, done, refused)


def _present(value: Any) -> Any:
    """The value without the fields that are not there."""
    if isinstance(value, dict):
        return {
            name: _present(inner) for name, inner in value.items() if inner is not None and inner == inner
        }
    if isinstance(value, list):
        return [_present(inner) for inner in value]
    return value


def _plain(value: object) -> object:
    """What JSON has no type for: bytes as base64, the rest (decimals, durations) as text."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
