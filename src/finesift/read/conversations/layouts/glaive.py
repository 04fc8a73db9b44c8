"""Glaive's function calling, version 2: a conversation as one text."""

from __future__ import annotations

import json
import re

from finesift.read.conversations.layouts import Load, Record, layout

_SPEAKER = re.compile(r"(?:^|\n)\s*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*")
_END = re.compile(r"\s*<\|endoftext\|>\s*$")
_CALL = re.compile(r"<functioncall>\s*(\{.*\})\s*$", re.DOTALL)
_QUOTED = re.compile(r"""("arguments":\s*)'(.*)'(\s*\}\s*)$""", re.DOTALL)
_ROLES = {"USER": "user", "ASSISTANT": "assistant", "FUNCTION RESPONSE": "tool"}


@layout(
    "Glaive function calling",
    reads={
        "system": "SYSTEM: You are a helpful assistant.",
        "chat": (
            "USER: Tide at Brest?\n\n\n"
            'ASSISTANT: <functioncall> {"name": "tide", "arguments": \'{"port": "Brest"}\'} <|endoftext|>\n\n\n'
            "FUNCTION RESPONSE: 6\n\n\nASSISTANT: Six metres. <|endoftext|>\n\n\n"
        ),
    },
    leaves={"chat": [{"role": "user", "content": "Tide at Brest?"}]},
)
def glaive(record: Record, load: Load) -> Record | None:
    """`chat` is a text of USER, ASSISTANT and FUNCTION RESPONSE; `<functioncall>` becomes a tool call. The functions
    in the system prompt stay there as text."""
    text = record.get("chat")
    if not isinstance(text, str) or not text.lstrip().startswith("USER:"):
        return None
    parts = _SPEAKER.split(text)
    messages = [
        _message(_ROLES[who], _END.sub("", said).strip(), load)
        for who, said in zip(parts[1::2], parts[2::2], strict=True)
    ]
    rest = {name: value for name, value in record.items() if name != "chat"}
    if isinstance(rest.get("system"), str):
        rest["system"] = rest["system"].removeprefix("SYSTEM:").strip()
    return {"messages": messages, **rest}


def _message(role: str, said: str, load: Load) -> Record:
    call = _CALL.search(said) if role == "assistant" else None
    function = _function(call[1], load) if call else None
    if call is None or function is None:
        return {"role": role, "content": said}
    before = said[: call.start()].strip()
    return {
        "role": role,
        "content": before or None,
        "tool_calls": [{"type": "function", "function": function}],
    }


def _function(text: str, load: Load) -> Record | None:
    """A call whose arguments stand between single quotes."""
    for candidate in (_QUOTED.sub(lambda m: m[1] + json.dumps(m[2]) + m[3], text), text):
        try:
            value = load(candidate)
        except ValueError:
            continue
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            return value
    return None
