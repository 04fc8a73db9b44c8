"""Runs of a traced function: what went in, what came out."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.hints import slot_of
from finesift.read.conversations.layouts import Load, Record, layout

# By one of these a record is a run: Weave's, LangSmith's, Langfuse's.
_MARKS = ("op_name", "run_type", "observation_type", "trace_id", "dotted_order")


@layout(
    "traced function",
    reads={
        "op_name": "weave:///team/project/op/answer:v1",
        "inputs": {"question": "Name a reef."},
        "output": {"answer": "Ningaloo."},
    },
    leaves={"op_name": "weave:///team/project/op/embed:v1", "inputs": {"text": "a"}, "output": [0.1]},
)
def traced_function(record: Record, _load: Load) -> Record | None:
    """A run of Weave, LangSmith or Langfuse whose `inputs` hold one text that was asked, by its name, and whose
    `output` is a text or holds one answer. Other inputs stay."""
    if record.keys().isdisjoint(_MARKS) or "messages" in record:
        return None
    asked = next((n for n in ("inputs", "input") if isinstance(record.get(n), dict)), None)
    said = next((n for n in ("output", "outputs") if isinstance(record.get(n), dict | str)), None)
    if asked is None or said is None:
        return None
    prompts = _texts(record[asked], "prompt")
    answers = {"": record[said]} if isinstance(record[said], str) else _texts(record[said], "completion")
    if len(prompts) != 1 or len(answers) != 1:
        return None
    ((question, prompt),), ((answer, completion),) = prompts.items(), answers.items()
    rest = {name: value for name, value in record.items() if name not in (asked, said)}
    rest |= {name: value for name, value in record[asked].items() if name != question and name not in rest}
    if isinstance(record[said], dict):
        rest |= {name: value for name, value in record[said].items() if name != answer and name not in rest}
    return {"prompt": prompt, "completion": completion, **rest}


def _texts(fields: Record, slot: str) -> dict[str, Any]:
    """The texts among the fields whose names speak of the slot."""
    return {
        name: value
        for name, value in fields.items()
        if isinstance(value, str) and value and slot_of(name) == slot
    }
