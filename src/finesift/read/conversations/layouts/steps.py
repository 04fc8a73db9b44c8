"""Process rewards: the steps of an answer, and which of them are right."""

from __future__ import annotations

from finesift.read.conversations.labels import wanted
from finesift.read.conversations.layouts import Load, Record, layout


@layout(
    "process reward steps (completions, labels)",
    reads={"prompt": "2 + 2 * 3?", "completions": ["2 * 3 = 6", "2 + 6 = 8"], "labels": [True, True]},
    leaves={"prompt": "2 + 2 * 3?", "completions": ["8", "12"]},
)
def process_reward_steps(record: Record, _load: Load) -> Record | None:
    """`prompt`, `completions` that are steps, and a list of as many `labels` (TRL): one answer of these steps, wanted
    where every step is right. The steps and their labels stay in `extra` as `completion_steps_by_index` and
    `step_labels_by_index`."""
    steps, labels = record.get("completions"), record.get("labels")
    if not isinstance(record.get("prompt"), (str, list)) or not isinstance(steps, list) or not steps:
        return None
    if (
        not isinstance(labels, list)
        or len(labels) != len(steps)
        or not all(isinstance(s, str) for s in steps)
    ):
        return None
    right = [wanted(label) for label in labels]
    if None in right:
        return None
    rest = {name: value for name, value in record.items() if name not in ("completions", "labels")}
    kept = {"completion_steps_by_index": steps, "step_labels_by_index": labels}
    return rest | {"completion": "\n".join(steps), "label": all(right)} | kept
