"""Tables: CSV and TSV, Parquet, Arrow. Each row becomes a JSON object of its columns."""

from __future__ import annotations

import base64
import csv
import io
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import orjson

from finesift.errors import InputError
from finesift.read.record import Block, Unreadable
from finesift.read.stream import Stream

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 4096
DELIMITERS = ",\t;|"


def csv_rows(stream: Stream, delimiter: str) -> Iterator[Block]:
    """Rows of a CSV or TSV file under the names of its first line. Row numbers are line numbers."""
    csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(cast(BinaryIO, _Raw(stream)), "utf-8", "surrogateescape", newline="")
    reader = csv.reader(text, delimiter=delimiter)
    header = next(reader, [])
    line = reader.line_num
    rows: list[int] = []
    raws: list[bytes] = []
    refused: list[tuple[int, bytes, Unreadable]] = []
    for cells in reader:
        row, line = line + 1, reader.line_num
        if not cells:
            continue
        try:
            if len(cells) != len(header):
                raise Unreadable(
                    f"{len(cells)} cells, where the header names {len(header)} columns",
                    "Quote the cells that hold the delimiter or a line break.",
                )
            raws.append(orjson.dumps(dict(zip(header, cells, strict=True))))
            rows.append(row)
        except (orjson.JSONEncodeError, Unreadable) as error:
            raw = delimiter.join(cells).encode("utf-8", "surrogateescape")
            fault = error if isinstance(error, Unreadable) else _NOT_UTF8
            refused.append((row, raw, fault))
        if len(rows) + len(refused) == ROWS:
            yield Block(b"\n".join(raws), rows, stream.done, refused)
            rows, raws, refused = [], [], []
    yield Block(b"\n".join(raws), rows, stream.done, refused)


_NOT_UTF8 = Unreadable("the row holds bytes that are not UTF-8", "Save the file as UTF-8.")


class _Raw(io.RawIOBase):
    """A stream as the raw file that TextIOWrapper reads."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.rest = b""

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)

    def read(self, size: int = -1) -> bytes:
        data = self.rest or self.stream.read()
        if size < 0:
            size = len(data)
        self.rest = data[size:]
        return data[:size]


def parquet_rows(path: str) -> Iterator[Block]:
    """Rows of a Parquet file, a few thousand at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        yield from _batches(file.iter_batches(ROWS))
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: is no Parquet file that can be read: {error}.") from None


def _batches(batches: Iterator[pa.RecordBatch]) -> Iterator[Block]:
    row = 1
    for batch in batches:
        raws = [orjson.dumps(_present(record), default=_plain) for record in batch.to_pylist()]
        yield Block(b"\n".join(raws), range(row, row + len(raws)), 0)
        row += len(raws)


def _present(record: dict[str, Any]) -> dict[str, Any]:
    """Without columns that are null: a table cannot leave a field out, so null says that it is not there."""
    return {name: value for name, value in record.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)
