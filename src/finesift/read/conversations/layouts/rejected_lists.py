"""Several rejected answers beside one that was wanted: a pair of each."""

from __future__ import annotations

from finesift.read.conversations.layouts import Load, Record, layout

_NAMES = ("rejected_response", "rejected")


@layout(
    "several rejected answers",
    reads={
        "messages": [
            {"role": "user", "content": "Name a reef."},
            {"role": "assistant", "content": "Ningaloo."},
        ],
        "rejected_response": ["A rock.", "A sea."],
    },
    leaves={
        "messages": [
            {"role": "user", "content": "Name a reef."},
            {"role": "assistant", "content": "Ningaloo."},
        ],
        "rejected_response": "A rock.",
    },
)
def several_rejected(record: Record, _load: Load) -> list[Record] | None:
    """`rejected_response` or `rejected` is a list of texts beside one answer (ms-swift): the first is the rejected one;
    with `data.pairs = "all"` each is, in a pair of its own. The others stay with the first as `others_by_order`."""
    name = next((n for n in _NAMES if isinstance(record.get(n), list)), None)
    lost = record[name] if name else []
    if name is None or len(lost) < 2 or not all(isinstance(text, str) and text for text in lost):
        return None
    if isinstance(record.get("chosen"), list) or not record.keys() & {
        "messages",
        "chosen",
        "conversations",
        "response",
    }:
        return None
    first = {**record, name: lost[0], "others_by_order": lost[1:]}
    return [first, *({**record, name: text} for text in lost[1:])]
