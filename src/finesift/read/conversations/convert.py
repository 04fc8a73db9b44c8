"""Blocks of records into columns: what every row goes through once."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from finesift.read.conversations.fast_shapes import Plan, plan_for
from finesift.read.conversations.frames import Columns, line_views
from finesift.read.conversations.shapes import understand
from finesift.read.conversations.turn import Reading
from finesift.read.options import Options
from finesift.read.records.exact_json import (
    Inexact,
    are_json,
    dump_exact,
    dump_quick,
    keys_in,
    load_exact,
    load_quick,
    may_repeat_keys,
)
from finesift.read.records.json_faults import explain
from finesift.read.records.record import Block, Unreadable

# Plans are kept by field names. A file in which every row has other names must not fill the memory with them.
_MOST_PLANS = 256
_MOST_FIELDS = 64
# Fewer records are looked at one by one. Where so many halves of a block held something odd, all of it is.
_FEWEST, _MOST_ODD = 8, 64


class Converter:
    """Reads records by the recipe's own names for roles and columns. folder: of their file, which may name others."""

    def __init__(self, options: Options, folder: Path | None = None) -> None:
        self.options = options
        self.folder = folder
        self.plans: dict[tuple[str, ...], Plan | None] = {}

    def add(self, block: Block, columns: Columns) -> None:
        """Adds every record: as an example, or as unreadable with the reason. Blank lines are neither."""
        start = len(columns.rows)
        for row, raw, fault in block.refused:
            columns.refuse(row, raw, fault)
        if not self._add_whole(block, columns):
            if block.unsure and not are_json(block.data, len(block.ends)):
                block.unsure.odd = True
                return
            self._add_by_parts(block, columns)
        if block.notes:
            columns.note_rows(start, block.notes)

    def _add_whole(self, block: Block, columns: Columns) -> bool:
        """Adds the block at once, where all its records are as plain as its first."""
        plan = self._plan(_first(block)) if block.rows else None
        raws = line_views(block.data, block.ends) if plan else None
        if plan is None or raws is None:
            return False
        turns = plan.read_lines(block.data, block.ends)
        if turns is None:
            return False
        columns.seal()
        columns.add_plain(plan.kind.shape, block.rows, raws, turns)
        return True

    def _add_by_parts(self, block: Block, columns: Columns) -> None:
        """Adds a block of which some records are not as plain as the others: halves of halves of it, down to those."""
        starts = np.concatenate([[0], block.ends + 1])
        whole, odd = len(block.ends), 0
        waiting = [(whole // 2, whole), (0, whole // 2)]
        while waiting:
            first, stop = waiting.pop()
            if first == stop:
                continue
            part = block.part(first, stop, int(starts[first]))
            if stop - first < _FEWEST or odd > _MOST_ODD:
                self._add_by_line(part, columns)
            elif not self._add_whole(part, columns):
                odd += 1
                half = (first + stop) // 2
                waiting += [(half, stop), (first, half)]
        columns.seal()

    def _add_by_line(self, block: Block, columns: Columns) -> None:
        raws, place = block.raws, 0
        while place < len(raws):
            raw, row = raws[place], block.rows[place]
            try:
                record = orjson.loads(raw)
            except orjson.JSONDecodeError as error:
                if raw.strip():
                    columns.refuse(row, raw, explain(raw, error))
                place += 1
                continue
            plan = self._plan(record)
            turns = plan.read_some(islice(raws, place, None)) if plan else None
            if plan and turns:
                count = len(turns.lengths)
                end = place + count
                columns.add_plain(plan.kind.shape, block.rows[place:end], raws[place:end], turns)
                place = end
            else:
                self._add_one(row, raw, record, columns)
                place += 1

    def _plan(self, record: Any) -> Plan | None:
        names = tuple(record) if type(record) is dict else ()
        if names in self.plans:
            return self.plans[names]
        if len(self.plans) >= _MOST_PLANS or len(names) > _MOST_FIELDS:
            return None
        plan = self.plans[names] = plan_for(record, self.options)
        return plan

    def _add_one(self, row: int, raw: bytes, record: Any, columns: Columns) -> None:
        """Adds any record that can be understood, or keeps it as unreadable."""
        try:
            if may_repeat_keys(raw, keys_in(record)):
                load_exact(raw.decode())
            reading = Reading(self.options, load_quick, dump_quick, self.folder)
            try:
                examples = understand(record, reading)
                extras = [dump_quick(example.extra) if example.extra else None for example in examples]
            except Inexact:
                reading = Reading(self.options, load_exact, dump_exact, self.folder)
                examples = understand(load_exact(raw.decode()), reading)
                extras = [dump_exact(example.extra) if example.extra else None for example in examples]
        except Unreadable as fault:
            columns.refuse(row, raw, fault)
            return
        for example, extra in zip(examples, extras, strict=True):
            columns.add(row, raw, example, extra)
            columns.note(reading.notes, len(columns.rows) - 1)


def _first(block: Block) -> Any:
    try:
        return orjson.loads(block.data[: block.ends[0]])
    except orjson.JSONDecodeError:
        return None
