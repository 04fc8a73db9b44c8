"""Exports of chat products: a conversation in the form in which its owner may download it."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout
from finesift.read.records.record import Unreadable

_ROLES = ("system", "user", "assistant", "tool")


@layout(
    "ChatGPT export",
    reads={
        "title": "Reefs",
        "mapping": {
            "a": {
                "message": {"author": {"role": "user"}, "content": {"parts": ["Name a reef."]}},
                "parent": None,
            },
            "b": {
                "message": {"author": {"role": "assistant"}, "content": {"parts": ["Ningaloo."]}},
                "parent": "a",
            },
        },
        "current_node": "b",
    },
    leaves={"title": "Reefs", "mapping": {"a": 1}, "current_node": "b"},
)
def chatgpt_export(record: Record, _load: Load) -> Record | None:
    """`mapping` holds messages by id, each with its `parent`: those from the root to `current_node` are the
    conversation, what was written anew beside them stays in `mapping`. Messages without content are left there."""
    mapping, at = record.get("mapping"), record.get("current_node")
    if not isinstance(mapping, dict) or not isinstance(at, str) or "messages" in record:
        return None
    path: list[str] = []
    while isinstance(at, str) and isinstance(mapping.get(at), dict) and at not in path:
        path.append(at)
        at = mapping[at].get("parent")
    messages = [found for name in reversed(path) if (found := _message(mapping[name].get("message")))]
    if not messages:
        return None
    aside = {name: node for name, node in mapping.items() if name not in path}
    rest = {name: value for name, value in record.items() if name not in ("mapping", "current_node")}
    return {"messages": messages, **rest, **({"mapping": aside} if aside else {})}


@layout(
    "Prodigy",
    reads={"prompt": "Name a reef.", "text": "Ningaloo.", "answer": "accept", "_task_hash": 1},
    leaves={"prompt": "Name a reef.", "answer": "accept"},
)
def prodigy(record: Record, _load: Load) -> Record | None:
    """A task with `_input_hash` or `_task_hash`, whose `answer` is what the annotator decided: `accept` and `reject`
    become `label` where a row holds an answer; other rows that were not accepted cannot be used; `text` is the answer
    where there is a `prompt`."""
    verdict = record.get("answer")
    if verdict not in ("accept", "reject", "ignore") or not record.keys() & {"_input_hash", "_task_hash"}:
        return None
    rest = {name: value for name, value in record.items() if name != "answer"}
    if "prompt" in rest and "text" in rest and not rest.keys() & {"response", "completion", "output"}:
        rest = {"completion" if name == "text" else name: value for name, value in rest.items()}
    judged = "label" not in rest and bool(rest.keys() & {"completion", "response", "output"})
    if verdict == "ignore" or (verdict == "reject" and not judged):
        raise Unreadable(
            f'an annotator marked the task "{verdict}"', "Leave it out, or map what was decided to label."
        )
    return {**rest, "label": verdict == "accept"} if judged else {**rest, "annotated": verdict}


def _message(message: Any) -> Record | None:
    """A message of the export with its role as text; None for what says nothing."""
    if not isinstance(message, dict) or not isinstance(message.get("author"), dict):
        return None
    role, content = message["author"].get("role"), message.get("content")
    if role not in _ROLES or not isinstance(content, dict):
        return None
    parts = content.get("parts", content.get("text"))
    if parts in (None, "", [], [""]):
        return None
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], str):
        parts = parts[0]
    kept = {name: message[name] for name in ("id", "weight") if message.get(name) is not None}
    return {"role": role, "content": parts, **kept}
