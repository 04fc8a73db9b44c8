"""The files of a run as they are written: their size, lines and hash are remembered for the manifest."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from finesift.run import sha256
from finesift.write import tokens

# Rows of a table that are read together: who looks at one row reads so many.
ROW_GROUP = 1 << 15


def pretty(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def put(path: Path, content: bytes) -> None:
    """Writes a file under another name first, so that no half of it ever has this one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.partial")
    part.write_bytes(content)
    part.replace(path)


def without_text(frame: pl.DataFrame, sealed: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with `columns` emptied for sealed rows."""
    hidden = pl.col("example").is_in(sealed["example"].implode())
    return frame.with_columns(pl.when(~hidden).then(pl.col(name)).alias(name) for name in columns)


class Files:
    """Writes files below a folder and remembers their size, lines and hash."""

    def __init__(self, folder: Path, written: dict[str, dict[str, Any]] | None = None) -> None:
        self.folder = folder
        self.written = {} if written is None else written

    def lines(self, name: str, lines: Iterable[bytes]) -> None:
        """One line each; compressed where the name ends in .zst."""
        path = self.path(name)
        count = 0
        with path.open("wb") as raw:
            if path.suffix == ".zst":
                with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as out:
                    for line in lines:
                        count += 1
                        out.write(line + b"\n")
            else:
                for line in lines:
                    count += 1
                    raw.write(line + b"\n")
        self.note(name, path, rows=count)

    def table(self, name: str, frame: pl.DataFrame) -> None:
        path = self.path(f"{name}.parquet")
        frame.write_parquet(path, row_group_size=ROW_GROUP)
        self.note(f"{name}.parquet", path, rows=frame.height)

    def tables(self, name: str, tables: Iterable[pa.Table]) -> None:
        path = self.path(name)
        rows = 0
        with pq.ParquetWriter(path, tokens.SCHEMA, compression="zstd") as out:
            for table in tables:
                out.write_table(table)
                rows += table.num_rows
        self.note(name, path, rows=rows)

    def text(self, name: str, text: str) -> None:
        path = self.path(name)
        put(path, text.encode())
        self.note(name, path)

    def path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        return path

    def note(self, name: str, path: Path, **more: int) -> None:
        self.written[name] = {"bytes": path.stat().st_size, "sha256": sha256(path), **more}
