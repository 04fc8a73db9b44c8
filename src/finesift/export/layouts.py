"""Records as files: JSON lines, with a mark or without, and folders as `datasets` saves them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

Record = dict[str, Any]

# What Python's str.splitlines takes for the end of a line, and JSON does not: a reader that uses it cuts rows in two
# (NeMo Automodel 0.7). Escaped, it is the same JSON.
_SEPARATORS = {mark.encode(): rf"\u{ord(mark):04x}".encode() for mark in ("\u0085", "\u2028", "\u2029")}


def json_line(record: Record) -> bytes:
    line = orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY)
    for mark, escaped in _SEPARATORS.items():
        if mark in line:
            line = line.replace(mark, escaped)
    return line


def json_lines(file: Path, records: Sequence[Record]) -> None:
    file.write_bytes(b"".join(json_line(record) + b"\n" for record in records))


def marked_lines(file: Path, records: Sequence[Record]) -> None:
    """JSON lines after a byte order mark."""
    file.write_bytes(b"\xef\xbb\xbf" + b"".join(json_line(record) + b"\n" for record in records))


def json_array(file: Path, records: Sequence[Record]) -> None:
    file.write_bytes(b"[\n" + b",\n".join(map(json_line, records)) + b"\n]\n")


def saved(folder: Path, records: Sequence[Record]) -> None:
    """A split of a `DatasetDict.save_to_disk` (datasets 3 to 5), whose columns are lists of integers.

    The folder above it names the splits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = {name: [np.asarray(record[name]) for record in records] for name in records[0]}
    table = pa.table({name: pa.array(rows, pa.list_(pa.int32())) for name, rows in columns.items()})
    data = "data-00000-of-00001.arrow"
    with pa.OSFile(str(folder / data), "wb") as file, pa.ipc.new_stream(file, table.schema) as out:
        out.write_table(table, max_chunksize=1_000)
    state: Record = {
        "_data_files": [{"filename": data}],
        "_fingerprint": folder.name,
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": folder.name,
    }
    (folder / "state.json").write_bytes(orjson.dumps(state))
    (folder / "dataset_info.json").write_bytes(b"{}")
    splits = sorted(one.name for one in folder.parent.iterdir() if one.is_dir())
    (folder.parent / "dataset_dict.json").write_bytes(orjson.dumps({"splits": splits}))
