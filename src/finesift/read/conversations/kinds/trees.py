"""OpenAssistant's trees of replies."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.example import Example, Row
from finesift.read.conversations.kinds import kind
from finesift.read.conversations.turn import Reading, Turn, as_text, role_of
from finesift.read.records.record import Unreadable


@kind(
    "tree of replies",
    reads={
        "prompt": {
            "role": "prompter",
            "text": "Name a reef.",
            "replies": [{"role": "assistant", "text": "Ningaloo.", "rank": 0, "replies": []}],
        }
    },
    leaves={"prompt": "Name a reef.", "completion": "Ningaloo."},
)
def tree(row: Row) -> list[Example] | None:
    """OpenAssistant's replies within replies, or its messages as rows of their own with `parent_id`, put together
    before. The best path by `rank`; with `data.trees = "paths"` each path is an example."""
    if not is_tree(row.record) or row.name("messages"):
        return None
    find = paths if row.reading.options.trees == "paths" else best_path
    found = find(row.record, row.reading)
    # What was not taken stays in `extra`: the replies of the best path are a choice among them.
    row.taken |= {"prompt"} if "prompt" in row.record else {"text", "role"}
    return [Example("tree", turns) for turns in found]


def is_tree(record: dict[str, Any]) -> bool:
    return isinstance(_root(record).get("replies"), list)


def best_path(record: dict[str, Any], reading: Reading) -> list[list[Turn]]:
    """From the root down, at each step the reply that people ranked best; deleted replies are passed over."""
    node: dict[str, Any] | None = _root(record)
    turns: list[Turn] = []
    while node is not None:
        turns.append(_turn(node, len(turns) + 1, reading))
        node = min(_replies(node), key=_rank, default=None)
    return [turns]


def paths(record: dict[str, Any], reading: Reading) -> list[list[Turn]]:
    """Every path from the root to a leaf, in the order of the file."""
    found: list[list[Turn]] = []
    open_paths: list[tuple[dict[str, Any], list[Turn]]] = [(_root(record), [])]
    while open_paths:
        node, before = open_paths.pop()
        turns = [*before, _turn(node, len(before) + 1, reading)]
        replies = _replies(node)
        open_paths += [(reply, turns) for reply in reversed(replies)]
        if not replies:
            found.append(turns)
    return found


def _root(record: dict[str, Any]) -> dict[str, Any]:
    prompt = record.get("prompt")
    return prompt if isinstance(prompt, dict) else record


def _replies(node: dict[str, Any]) -> list[dict[str, Any]]:
    replies = node.get("replies")
    if not isinstance(replies, list):
        return []
    return [reply for reply in replies if isinstance(reply, dict) and not reply.get("deleted")]


def _rank(reply: dict[str, Any]) -> float:
    rank = reply.get("rank")
    return rank if isinstance(rank, (int, float)) else float("inf")


def _turn(node: dict[str, Any], number: int, reading: Reading) -> Turn:
    if "text" not in node:
        raise Unreadable(f"reply {number} of the tree has no text", 'Write what was said under "text".')
    where = f"reply {number} of the tree"
    return Turn(role_of(node.get("role"), where, reading), as_text(node["text"], where, reading))
