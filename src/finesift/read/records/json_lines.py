"""One record per line."""

from __future__ import annotations

from collections.abc import Iterator

from finesift.read.records.record import Block, Note, line_ends
from finesift.read.records.stream import Stream

WINDOWS_1252: Note = ("lossy_repair", "windows-1252: the line was no UTF-8")
_CRLF: Note = ("repair", "the line ends in CR LF, read as LF")


def lines(stream: Stream) -> Iterator[Block]:
    """Blocks of lines. Blank lines are counted, but are no rows: the reader passes over them."""
    row, pending = 1, [b""]
    while chunk := stream.read():
        cut = chunk.rfind(b"\n")
        if cut < 0:
            pending.append(chunk)
            continue
        block = _block(b"".join([*pending, memoryview(chunk)[:cut]]), row, stream)
        pending = [chunk[cut + 1 :]]
        yield block
        row += len(block.rows)
    if last := b"".join(pending):
        yield _block(last, row, stream)


def _block(data: bytes, first: int, stream: Stream) -> Block:
    notes: dict[int, Note] = {}
    if b"\r" in data:
        ended = enumerate(data.split(b"\n"), first)
        notes = {row: _CRLF for row, line in ended if line.endswith(b"\r")}
        data = data.replace(b"\r\n", b"\n").removesuffix(b"\r")
    if first == 1 and stream.decoded:
        notes[1] = ("repair", stream.decoded)
    ends = line_ends(data)
    rows = range(first, first + len(ends))
    notes |= {row: WINDOWS_1252 for row in stream.recoded if row in rows}
    return Block(data, ends, rows, stream.done, notes=notes)
