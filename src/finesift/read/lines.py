"""One record per line."""

from __future__ import annotations

from collections.abc import Iterator

from finesift.read.record import Block, Note
from finesift.read.stream import Stream

_CRLF: Note = ("repair", "the line ends in CR LF, read as LF")


def lines(stream: Stream) -> Iterator[Block]:
    """Blocks of lines. Blank lines are counted, but are no rows: the reader passes over them."""
    row, pending = 1, [b""]
    while chunk := stream.read():
        cut = chunk.rfind(b"\n")
        if cut < 0:
            pending.append(chunk)
            continue
        block = _block(b"".join([*pending, chunk[:cut]]), row, stream)
        pending = [chunk[cut + 1 :]]
        yield block
        row += len(block.rows)
    if last := b"".join(pending):
        yield _block(last, row, stream)


def _block(data: bytes, row: int, stream: Stream) -> Block:
    rows = range(row, row + data.count(b"\n") + 1)
    notes: dict[int, Note] = {}
    if b"\r" in data:
        ended = data.split(b"\n")
        notes = {row: _CRLF for row, line in zip(rows, ended, strict=True) if line.endswith(b"\r")}
        data = data.replace(b"\r\n", b"\n").removesuffix(b"\r")
    if row == 1 and stream.decoded:
        notes[1] = ("repair", stream.decoded)
    return Block(data, rows, stream.done, notes=notes)
