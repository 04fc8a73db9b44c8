"""Capybara: rounds of input and output; Aya and Flan: inputs and targets."""

from __future__ import annotations

from finesift.read.conversations.layouts import Load, Record, layout


@layout(
    "Capybara",
    reads={"conversation": [{"input": "Name a reef.", "output": "Ningaloo."}]},
    leaves={"conversation": [{"role": "user", "content": "Name a reef."}]},
)
def capybara(record: Record, _load: Load) -> Record | None:
    """`conversation` is a list of rounds, each with `input` and `output`."""
    rounds = record.get("conversation")
    if not isinstance(rounds, list) or not rounds or "messages" in record:
        return None
    if not all(isinstance(r, dict) and r.keys() == {"input", "output"} for r in rounds):
        return None
    messages = [
        {"role": role, "content": one[name]}
        for one in rounds
        for role, name in (("user", "input"), ("assistant", "output"))
    ]
    return {"messages": messages, **{name: value for name, value in record.items() if name != "conversation"}}


@layout(
    "Aya and Flan",
    reads={"inputs": "Name a reef.", "targets": "Ningaloo.", "language": "English"},
    leaves={"inputs": {"messages": []}, "targets": "Ningaloo."},
)
def aya(record: Record, _load: Load) -> Record | None:
    """`inputs` is asked, `targets` the answer, both texts."""
    if not isinstance(record.get("inputs"), str) or not isinstance(record.get("targets"), str):
        return None
    if record.keys() & {"messages", "prompt", "completion", "instruction", "output", "response"}:
        return None
    rest = {name: value for name, value in record.items() if name not in ("inputs", "targets")}
    return {"prompt": record["inputs"], "completion": record["targets"], **rest}
