"""Spans of OpenTelemetry's GenAI conventions and of OpenInference."""

from __future__ import annotations

import re
from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout

_FLAT = re.compile(r"llm\.(input|output)_messages\.(\d+)\.message\.(role|content)")


@layout(
    "GenAI trace span",
    reads={
        "attributes": {
            "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "Name a reef."}]}]',
            "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "Ningaloo."}]}]',
        }
    },
    leaves={"attributes": {"http.method": "GET"}},
)
def trace_span(record: Record, load: Load) -> Record | None:
    """`gen_ai.input.messages` and `gen_ai.output.messages` (OpenTelemetry), or `llm.input_messages.0.message.role` and
    so on (OpenInference, Phoenix), beside other attributes, which stay."""
    inner = record.get("attributes")
    attributes = inner if isinstance(inner, dict) else record
    messages: list[Any] = []
    used = set()
    for name in ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages"):
        listed = _listed(attributes.get(name), load)
        if listed is not None:
            used.add(name)
            if name == "gen_ai.system_instructions":
                listed = [{"role": "system", "parts": listed}]
            messages += listed
    flat: dict[tuple[str, int], Record] = {}
    for name, value in attributes.items():
        if match := _FLAT.fullmatch(name):
            used.add(name)
            flat.setdefault((match[1], int(match[2])), {})[match[3]] = value
    messages += [flat[key] for key in sorted(flat, key=lambda key: (key[0] == "output", key[1]))]
    if not messages:
        return None
    left = {name: value for name, value in attributes.items() if name not in used}
    rest = {**record, "attributes": left} if attributes is inner else left
    return {**rest, "messages": messages}


def _listed(value: Any, load: Load) -> list[Any] | None:
    if isinstance(value, str):
        try:
            value = load(value)
        except ValueError:
            return None
    return value if isinstance(value, list) and value else None
