"""Answers that somebody judged."""

from __future__ import annotations

from finesift.read.conversations.example import Example, Row
from finesift.read.conversations.kinds import kind
from finesift.read.conversations.kinds.told import told
from finesift.read.conversations.labels import wanted


@kind(
    "KTO",
    reads={"prompt": "Name a reef.", "completion": "A rock.", "label": False},
    leaves={"prompt": "Name a reef.", "completion": "A rock.", "label": "geography"},
)
def kto(row: Row) -> Example | None:
    """Any conversation or answer with `label`, `kto_tag`, `desirable`, `is_correct`, `thumbs`, `feedback` or the like
    that says yes or no: true and false, 1 and 0, as text too, `thumbs_down`, `good`. A verdict on the last message
    counts as well."""
    label = wanted(row.value("label"))
    example = told(row) if label is not None else None
    if example is None:
        return None
    # Options of a question may have used the label as their key.
    is_free = row.name("label") not in row.taken and example.shape != "text"
    if is_free and example.turns[-1].role == "assistant":
        example.label, example.shape = label, "kto"
        row.take("label")
    return example
