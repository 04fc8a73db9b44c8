"""A JSON file that is one object: rows wrapped in it, or written column by column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from finesift.read.fields import is_conversation, resolve
from finesift.read.records.exact_json import dump_exact, load_halves
from finesift.read.records.record import Block, Unreadable

# What stands beside the rows is carried into each of them, as long as it is no longer than this.
_SMALL = 1 << 11


def unwrapped(blocks: Iterator[Block], columns: Mapping[str, str]) -> Iterator[Block]:
    """The blocks; where they hold one object in all, the rows in it, if it holds any."""
    held: list[Block] = []
    for block in blocks:
        held.append(block)
        if sum(len(block.rows) for block in held) > 1 or block.refused:
            break
    else:
        records = [raw for block in held for raw in block.raws]
        rows = _rows(records[0], columns) if len(records) == 1 else []
        if rows:
            raws = list(map(_line, rows))
            yield Block.of(raws, range(1, len(raws) + 1), held[-1].done, notes=held[0].notes)
            return
    yield from held
    yield from blocks


def _rows(raw: bytes, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    if not raw.startswith(b"{"):
        return []
    try:
        record = load_halves(raw.decode())
    except (Unreadable, ValueError):
        return []
    for find in (_by_column, _in_a_list, _deeper, _by_key):
        rows = find(record)
        if rows and resolve(rows[0], columns).slots:
            return rows
    return []


def _line(row: dict[str, Any]) -> bytes:
    try:
        return dump_exact(row).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair goes on as it was escaped, so that this row alone is refused for it.
        return json.dumps(row, separators=(",", ":")).encode()


def _by_column(record: dict[str, Any]) -> list[dict[str, Any]]:
    """{"prompt": ["a", "b"], "answer": ["c", "d"]}, or the same with objects that have equal keys."""
    values = list(record.values())
    if all(isinstance(value, dict) for value in values):
        if any(value.keys() != values[0].keys() for value in values):
            return []
        values = [list(value.values()) for value in values]
    if not all(isinstance(value, list) and len(value) == len(values[0]) for value in values):
        return []
    if any(map(is_conversation, values)):
        return []
    return [dict(zip(record, row, strict=True)) for row in zip(*values, strict=True)]


def _in_a_list(record: dict[str, Any]) -> list[dict[str, Any]]:
    """{"version": 1, "data": [{…}, {…}]}."""
    lists = [name for name, value in record.items() if _is_rows(value)]
    if len(lists) != 1:
        return []
    beside = {name: value for name, value in record.items() if name != lists[0]}
    if len(dump_exact(beside)) > _SMALL or any(beside.keys() & row for row in record[lists[0]]):
        return []
    return [beside | row for row in record[lists[0]]]


def _deeper(record: dict[str, Any], depth: int = 2) -> list[dict[str, Any]]:
    """{"results": {"version": 3, "results": [{…}, {…}]}}: where one object alone holds such a list."""
    objects = [value for value in record.values() if isinstance(value, dict)]
    if len(objects) != 1 or any(isinstance(value, list) for value in record.values()) or not depth:
        return []
    return _in_a_list(objects[0]) or _deeper(objects[0], depth - 1)


def _by_key(record: dict[str, Any]) -> list[dict[str, Any]]:
    """{"row-1": {…}, "row-2": {…}}: the key becomes the row's id, where it has none."""
    if not all(isinstance(value, dict) for value in record.values()):
        return []
    return [{"id": key} | value for key, value in record.items()]


def _is_rows(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, dict) for row in value)
        and not is_conversation(value)
    )
