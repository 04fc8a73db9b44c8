"""Logs of plain completions: a prompt that is a text, and what a server made of it."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.attributes import parsed
from finesift.read.conversations.layouts import Load, Record, layout
from finesift.read.conversations.rendered import unrendered

_ASKED = ("request", "body", "obj", "request_body")
_SAID = ("response", "out", "response_body")


@layout(
    "completion log",
    reads={
        "request_id": "0",
        "prompt": "Name a reef:",
        "outputs": [{"index": 0, "text": " Ningaloo.", "finish_reason": "stop"}],
    },
    leaves={"prompt": "Name a reef:", "outputs": ["Ningaloo.", "Belize."]},
)
def completion_log(record: Record, load: Load) -> Record | None:
    """A prompt as text with the `outputs` of vLLM, a `response` with `choices` that hold `text`, or SGLang's `obj` and
    `out`. The first output is the answer, the others stay; `finish_reason` tells of truncation. A prompt
    that a chat template made is taken apart, where it and the answer are that template's work to the byte."""
    asked = next((name for name in _ASKED if isinstance(parsed(record.get(name), load), dict)), None)
    request = parsed(record[asked], load) if asked else record
    key = next((n for n in ("prompt", "text", "messages") if _is_prompt(request.get(n))), None)
    found = _output(record, request, load)
    if key is None or found is None or (key == "text" and asked is None):
        return None
    said, text, reason, left = found
    rest = {
        name: value
        for name, value in record.items()
        if name not in (asked, key if asked is None else None, said)
    }
    rest |= {name: value for name, value in request.items() if asked and name != key and name not in rest}
    prompt = request[key]
    prompt = prompt[0] if isinstance(prompt, list) else prompt
    taken_apart = unrendered(prompt + text)
    if taken_apart and taken_apart[1] and taken_apart[1][-1].role == "assistant":
        # The server was sent what a template had made.
        rest["messages"] = [{"role": turn.role, "content": turn.content} for turn in taken_apart[1]]
    else:
        rest |= {"prompt": prompt, "completion": text}
    if isinstance(reason, str):
        rest["finish_reason"] = reason
    return rest | ({"outputs_beside_by_index": left} if left else {})


def _is_prompt(value: Any) -> bool:
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    return isinstance(one, str) and bool(one)


def _output(record: Record, request: Record, load: Load) -> tuple[str, str, Any, Any] | None:
    """The field of the answer, its text, why it ended, and the answers beside it; None where there is none."""
    if _are_outputs(record.get("outputs")):
        first, *left = record["outputs"]
        return "outputs", first["text"], first.get("finish_reason"), left
    for name in _SAID:
        value = parsed(record.get(name), load)
        if not isinstance(value, dict):
            continue
        if _are_outputs(value.get("choices")):
            first, *left = value["choices"]
            return name, first["text"], first.get("finish_reason"), left
        told = request is not record or value.keys() & {"meta_info", "finish_reason"}
        if isinstance(value.get("text"), str) and "message" not in request and told:
            meta = value.get("meta_info")
            reason = meta.get("finish_reason") if isinstance(meta, dict) else value.get("finish_reason")
            return name, value["text"], reason.get("type") if isinstance(reason, dict) else reason, None
    return None


def _are_outputs(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and isinstance(one.get("text"), str) for one in value)
    )
