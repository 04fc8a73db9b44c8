"""Plain text: one document per line, or per paragraph where blank lines part them."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from finesift.read.records.json_faults import not_utf8
from finesift.read.records.json_lines import lines
from finesift.read.records.record import Block, Unreadable
from finesift.read.records.stream import Stream

# Where this share of the first lines is blank, blank lines are what parts documents.
_BLANK = 0.2


def text_rows(stream: Stream) -> Iterator[Block]:
    """Documents as {"text": …}. The number of a document is that of its first line."""
    sample = stream.head.split(b"\n")
    blank = sum(not line.strip() for line in sample[:-1])
    pending: list[bytes] = []
    start = 1
    for block in lines(stream):
        documents: list[tuple[int, bytes]] = []
        for row, line in zip(block.rows, block.raws, strict=True):
            if blank < _BLANK * len(sample):
                documents += [(row, line)] if line.strip() else []
            elif line.strip():
                start = row if not pending else start
                pending.append(line)
            elif pending:
                documents.append((start, b"\n".join(pending)))
                pending = []
        yield _block(documents, block)
    if pending:
        yield _block([(start, b"\n".join(pending))], block)


def _block(documents: list[tuple[int, bytes]], block: Block) -> Block:
    rows: list[int] = []
    raws: list[bytes] = []
    refused: list[tuple[int, bytes, Unreadable]] = []
    for row, document in documents:
        try:
            raws.append(orjson.dumps({"text": document.decode()}))
            rows.append(row)
        except UnicodeDecodeError as error:
            refused.append((row, document, not_utf8(document, error)))
    return Block.of(raws, rows, block.done, refused, block.notes)
