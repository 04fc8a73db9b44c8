"""Files into the corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from finesift.corpus import EXAMPLES, ORIGINALS, ROLES, TURNS, UNREADABLE, Corpus, identify
from finesift.read.columns import Columns
from finesift.read.exact import Inexact, dump_exact, dump_quick, load_exact
from finesift.read.files import paths as expand
from finesift.read.files import records
from finesift.read.messages import Reading
from finesift.read.own import unwrap
from finesift.read.record import Block, Unreadable
from finesift.read.shapes import Example, understand


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
    files = expand(paths)
    sizes = [Path(file).stat().st_size if Path(file).is_file() else 0 for file in files]
    tables: dict[str, list[pl.DataFrame]] = {
        "examples": [EXAMPLES.to_frame()],
        "turns": [TURNS.to_frame()],
        "originals": [ORIGINALS.to_frame()],
        "unreadable": [UNREADABLE.to_frame()],
    }
    first = 0
    for number, file in enumerate(files):
        before = sum(sizes[:number])
        for block in records(file):
            batch = _convert(block, roles, columns)
            for name, frame in batch.frames(file, first).items():
                tables[name].append(frame)
            first += len(batch.rows)
            if progress:
                progress(before + min(block.done, sizes[number]), sum(sizes))
    whole = {name: pl.concat(frames, rechunk=True) for name, frames in tables.items()}
    whole["examples"] = unwrap(
        identify(whole["examples"].drop("id"), whole["turns"]).select(EXAMPLES.names())
    )
    return Corpus(**whole)


def _convert(block: Block, roles: Mapping[str, str], columns: Mapping[str, str]) -> Columns:
    batch = Columns()
    parsed = block.parsed or [None] * len(block.raws)
    for place, (row, raw, record) in enumerate(zip(block.rows, block.raws, parsed, strict=True)):
        try:
            if fault := block.faults.get(place):
                raise fault
            if block.parsed is None:
                if not raw.strip():
                    continue
                record = orjson.loads(raw)
            example = _understood(raw, record, roles, columns)
        except orjson.JSONDecodeError as error:
            batch.unreadable.append((row, raw, f"no JSON: {error}", ""))
        except Unreadable as fault:
            batch.unreadable.append((row, raw, fault.error, fault.hint))
        else:
            _add(batch, row, raw, *example)
    return batch


def _understood(
    raw: bytes, record: Any, roles: Mapping[str, str], columns: Mapping[str, str]
) -> tuple[Example, str | None]:
    reading = Reading(roles, columns, dump_quick)
    try:
        example = understand(record, reading)
        return example, dump_quick(example.extra) if example.extra else None
    except Inexact:
        reading = Reading(roles, columns, dump_exact)
        example = understand(load_exact(raw), reading)
        return example, dump_exact(example.extra) if example.extra else None


def _add(batch: Columns, row: int, raw: bytes, example: Example, extra: str | None) -> None:
    place, first = len(batch.rows), len(batch.contents)
    batch.rows.append(row)
    batch.raws.append(raw)
    batch.shapes.append(example.shape)
    batch.ids.append("")
    for part, turns in enumerate((example.turns, example.chosen, example.rejected)):
        for turn in turns:
            at = len(batch.contents)
            batch.roles.append(ROLES.index(turn.role))
            batch.contents.append(turn.content)
            if part:
                batch.parts[at] = part
            for name, column in batch.sparse.items():
                if (value := getattr(turn, name)) is not None:
                    column[at] = value
    batch.lengths.append(len(batch.contents) - first)
    if example.tools is not None:
        batch.tools[place] = example.tools
    if example.label is not None:
        batch.labels[place] = example.label
    if extra is not None:
        batch.extras[place] = extra
