"""Plain text: one document per line, or per paragraph block where blank lines part them."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from finesift.read.faults import not_utf8
from finesift.read.lines import lines
from finesift.read.record import Block, Unreadable
from finesift.read.stream import Stream


def text_rows(stream: Stream) -> Iterator[Block]:
    """Each line that is not blank as {"text": …}."""
    for block in lines(stream):
        rows: list[int] = []
        raws: list[bytes] = []
        refused: list[tuple[int, bytes, Unreadable]] = []
        for row, raw in zip(block.rows, block.raws, strict=True):
            if not raw.strip():
                continue
            try:
                raws.append(orjson.dumps({"text": raw.decode()}))
                rows.append(row)
            except UnicodeDecodeError as error:
                refused.append((row, raw, not_utf8(raw, error)))
        yield Block(b"\n".join(raws), rows, block.done, refused, block.notes)
