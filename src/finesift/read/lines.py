"""One record per line."""

from __future__ import annotations

from collections.abc import Iterator

from finesift.read.record import Block
from finesift.read.stream import Stream


def lines(stream: Stream) -> Iterator[Block]:
    """Blocks of lines. Blank lines are counted but are no rows: the reader passes over them."""
    row, pending = 1, [b""]
    while chunk := stream.read():
        cut = chunk.rfind(b"\n")
        if cut < 0:
            pending.append(chunk)
            continue
        data = b"".join([*pending, chunk[:cut]])
        pending = [chunk[cut + 1 :]]
        raws = data.split(b"\n")
        yield _block(raws, row, stream.done)
        row += len(raws)
    if last := b"".join(pending):
        yield _block([last], row, stream.done)


def _block(raws: list[bytes], row: int, done: int) -> Block:
    notes = {}
    if any(raw.endswith(b"\r") for raw in (raws[0], raws[-1])):
        notes = {
            number: ("line_ending", "the line ends in CR LF")
            for number, raw in enumerate(raws)
            if raw[-1:] == b"\r"
        }
        raws = [raw.removesuffix(b"\r") for raw in raws]
    return Block(range(row, row + len(raws)), raws, done, notes=notes)
