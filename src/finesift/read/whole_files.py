"""Files whose rows are put together from several: known by their first row, held at once, given on in blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import orjson

from finesift.read.records.record import Block, Unreadable

#: Rows of a block that is given on.
SOME = 256


def begun(blocks: Iterable[Block]) -> tuple[dict[str, Any], Iterator[Block]]:
    """The first row of a file as an object, empty where it is none, and all blocks, that row's among them."""
    waiting, seen = iter(blocks), []
    for block in waiting:
        seen.append(block)
        if block.rows:
            break
    first = object_in(seen[-1].raws[0]) if seen and seen[-1].rows else {}
    return first, chain(seen, waiting)


def in_blocks(
    lines: Sequence[tuple[int, bytes]], done: int, refused: Sequence[tuple[int, bytes, Unreadable]]
) -> Iterator[Block]:
    """Lines with the numbers of their rows as blocks, at least one; what was refused goes with the first."""
    for at in range(0, max(len(lines), 1), SOME):
        some = lines[at : at + SOME]
        yield Block.of([line for _, line in some], [row for row, _ in some], done, refused if not at else ())


def object_in(raw: bytes) -> dict[str, Any]:
    """The object that a line holds; empty where it holds none."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
