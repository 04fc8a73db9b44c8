"""Plain text: one document per line, or per paragraph block where blank lines part them."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from finesift.read.lines import lines
from finesift.read.record import Block, Unreadable
from finesift.read.stream import Stream


def text_rows(stream: Stream) -> Iterator[Block]:
    """Each line that is not blank as {"text": …}."""
    for block in lines(stream):
        rows, raws, faults = [], [], {}
        for row, raw in zip(block.rows, block.raws, strict=True):
            if raw.strip():
                rows.append(row)
                try:
                    raws.append(orjson.dumps({"text": raw.decode()}))
                except UnicodeDecodeError as error:
                    faults[len(raws)] = Unreadable(
                        f"byte {error.start + 1} is not UTF-8", "Save it as UTF-8."
                    )
                    raws.append(raw)
        yield Block(rows, raws, block.done, faults)
