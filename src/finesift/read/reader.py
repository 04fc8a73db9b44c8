"""Files into the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from finesift.corpus import EXAMPLES, NOTES, ORIGINALS, TURNS, UNREADABLE, Corpus, number_copies
from finesift.read.columns import Columns
from finesift.read.convert import Converter
from finesift.read.fields import check_columns
from finesift.read.files import paths as expand
from finesift.read.files import records
from finesift.read.own import unwrap
from finesift.read.roles import check_roles

#: Bytes of rows that become Arrow columns together.
BATCH = 16 << 20


def read(
    paths: Sequence[str | Path],
    *,
    roles: Mapping[str, str] = {},
    columns: Mapping[str, str] = {},
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Every row of `paths`, understood or kept raw with the reason.

    roles: other names for roles, {"bot": "assistant"}. columns: other names for columns,
    {"my_question": "prompt"}. progress is told the bytes read and the bytes there are.
    Raises InputError for a file that cannot be read at all.
    """
    check_roles(roles)
    check_columns(columns)
    files = expand(paths)
    sizes = [Path(file).stat().st_size if Path(file).is_file() else 0 for file in files]
    tables: dict[str, list[pl.DataFrame]] = {
        "examples": [EXAMPLES.to_frame()],
        "turns": [TURNS.to_frame()],
        "originals": [ORIGINALS.to_frame()],
        "unreadable": [UNREADABLE.to_frame()],
        "notes": [NOTES.to_frame()],
    }
    converter, first = Converter(roles, columns), 0
    for number, file in enumerate(files):
        before = sum(sizes[:number])
        for batch, done in _batches(file, converter):
            for name, frame in batch.frames(file, first).items():
                tables[name].append(frame)
            first += len(batch.rows)
            if progress:
                progress(before + min(done, sizes[number]), sum(sizes))
    whole = {name: pl.concat(frames, rechunk=True) for name, frames in tables.items()}
    whole["examples"] = unwrap(number_copies(whole["examples"]))
    return Corpus(**whole)


def _batches(file: str, converter: Converter) -> Iterator[tuple[Columns, int]]:
    """Columns of some megabytes of rows each, and how many bytes of the file are read."""
    columns, done, size = Columns(), 0, 0
    for block in records(file):
        converter.add(block, columns)
        done = block.done
        size += len(block.data)
        if size >= BATCH:
            yield columns, done
            columns, size = Columns(), 0
    yield columns, done
