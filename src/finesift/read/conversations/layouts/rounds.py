"""Capybara: rounds of input and output; Aya and Flan: inputs and targets."""

from __future__ import annotations

from finesift.read.conversations.layouts import Load, Record, layout

_ROUNDS = (("input", "output"), ("human", "assistant"), ("user", "assistant"), ("question", "answer"))


@layout(
    "Capybara",
    reads={"conversation": [{"input": "Name a reef.", "output": "Ningaloo."}]},
    leaves={"conversation": [{"role": "user", "content": "Name a reef."}]},
)
def capybara(record: Record, _load: Load) -> Record | None:
    """`conversation` is a list of rounds, each with `input` and `output` (Capybara) or `human` and `assistant`
    (ms-swift)."""
    name = next((n for n in ("conversation", "conversations") if isinstance(record.get(n), list)), None)
    rounds = record[name] if name else None
    if not rounds or "messages" in record or not all(isinstance(one, dict) for one in rounds):
        return None
    asked, said = next((pair for pair in _ROUNDS if rounds[0].keys() == set(pair)), (None, None))
    if asked is None or not all(one.keys() == {asked, said} for one in rounds):
        return None
    messages = [
        {"role": role, "content": one[key]}
        for one in rounds
        for role, key in (("user", asked), ("assistant", said))
    ]
    return {"messages": messages, **{key: value for key, value in record.items() if key != name}}


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


@layout(
    "UltraChat",
    reads={"id": "1", "data": ["Name a reef.", "Ningaloo."]},
    leaves={"id": "1", "data": [1, 2]},
)
def ultrachat(record: Record, _load: Load) -> Record | None:
    """`data` is a list of texts, of user and assistant in turn, beside an `id` alone."""
    listed = record.get("data")
    if not isinstance(listed, list) or len(listed) < 2 or record.keys() - {"id", "data", "source"}:
        return None
    if not all(isinstance(text, str) for text in listed):
        return None
    messages = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(listed)]
    return {"messages": messages, **{name: value for name, value in record.items() if name != "data"}}
