"""Trees of replies whose messages are rows of their own, as OpenAssistant writes them: put together again.

A row names its parent by `parent_id`. The rows of a file become one row for each tree, in the place of its root, in
the nested form that OpenAssistant has too. Rows whose parent the file lacks cannot be read, and say so. All messages
of such a file are held at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from finesift.read.records.record import Block, Unreadable
from finesift.read.whole_files import begun, in_blocks, object_in

_KEYS = frozenset(("message_id", "parent_id", "text", "role"))


def joined(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of a file, as they are, or of trees where its first row is a message of one."""
    first, blocks = begun(blocks)
    if not first.keys() >= _KEYS:
        yield from blocks
        return
    rows: list[tuple[int, bytes, dict[str, Any]]] = []
    refused: list[tuple[int, bytes, Unreadable]] = []
    done = 0
    for block in blocks:
        refused += block.refused
        rows += [
            (row, raw, object_in(raw)) for row, raw in zip(block.rows, block.raws, strict=True) if raw.strip()
        ]
        done = block.done
    yield from _trees(rows, refused, done)


def _trees(
    rows: list[tuple[int, bytes, dict[str, Any]]], refused: list[tuple[int, bytes, Unreadable]], done: int
) -> Iterator[Block]:
    nodes: dict[str, dict[str, Any]] = {}
    roots: list[tuple[int, dict[str, Any]]] = []
    others: list[tuple[int, bytes]] = []
    for row, raw, record in rows:
        id_ = record.get("message_id")
        if not isinstance(id_, str) or not isinstance(record.get("text"), str):
            others.append((row, raw))
        elif id_ in nodes:
            refused.append((row, raw, _twice(id_)))
        else:
            nodes[id_] = {**record, "replies": []}
    for row, raw, record in rows:
        node = nodes.get(str(record.get("message_id")))
        parent = record.get("parent_id")
        if node is None or node.get("replies") is None:
            continue
        if parent is None:
            roots.append((row, node))
        elif parent in nodes and parent != record["message_id"]:
            nodes[parent]["replies"].append(node)
        else:
            refused.append((row, raw, _orphan(str(parent))))
    known = _reached(roots)
    for row, raw, record in rows:
        if (
            record.get("parent_id") in nodes
            and record.get("message_id") in nodes
            and record["message_id"] not in known
        ):
            refused.append((row, raw, _cut_off()))
    lines = [(row, _tree(root)) for row, root in roots] + others
    lines.sort()
    yield from in_blocks(lines, done, refused)


def _reached(roots: list[tuple[int, dict[str, Any]]]) -> set[str]:
    """The ids of messages that hang from a root; those of a broken tree, or of a circle, do not."""
    known: set[str] = set()
    waiting = [root for _, root in roots]
    while waiting:
        node = waiting.pop()
        known.add(node["message_id"])
        waiting += node["replies"]
    return known


def _tree(root: dict[str, Any]) -> bytes:
    whole = {
        name: root[name] for name in ("message_tree_id", "tree_state", "lang") if root.get(name) is not None
    }
    return orjson.dumps({**whole, "prompt": root})


def _twice(id_: str) -> Unreadable:
    return Unreadable(f'message_id "{id_[:60]}" stands in another row too', "Keep one of them.")


def _orphan(parent: str) -> Unreadable:
    return Unreadable(
        f'the message answers "{parent[:60]}", which is not in this file',
        "Read the file that holds whole trees.",
    )


def _cut_off() -> Unreadable:
    return Unreadable(
        "the message hangs from one that hangs from none in this file",
        "Read the file that holds whole trees.",
    )
