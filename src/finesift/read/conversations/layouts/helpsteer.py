"""HelpSteer: answers with scores, and whole conversations as one prompt."""

from __future__ import annotations

import re

from finesift.read.conversations.layouts import Load, Record, layout

_SCORES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
_SPEAKER = re.compile(r"\n?<extra_id_1>(User|Assistant)\n")


@layout(
    "HelpSteer",
    reads={
        "prompt": "Name a reef.\n<extra_id_1>Assistant\nNingaloo.\n<extra_id_1>User\nAnother?",
        "response": "Belize.",
        "helpfulness": 4,
        "correctness": 4,
    },
    leaves={"prompt": "Name a reef.", "response": "Ningaloo.", "helpfulness": "high"},
)
def helpsteer(record: Record, _load: Load) -> Record | None:
    """`prompt` and `response` with the scores `helpfulness`, `correctness` and so on, which stay in `extra`. A prompt
    that holds several turns, parted by `<extra_id_1>`, becomes these turns."""
    prompt, response = record.get("prompt"), record.get("response")
    scored = sum(isinstance(record.get(name), (int, float)) for name in _SCORES) > 1
    if not scored or not isinstance(prompt, str) or not isinstance(response, str):
        return None
    first, *rest = _SPEAKER.split(prompt)
    messages = [{"role": "user", "content": first}]
    messages += [
        {"role": who.lower(), "content": said} for who, said in zip(rest[::2], rest[1::2], strict=True)
    ]
    others = {name: value for name, value in record.items() if name not in ("prompt", "response")}
    return {"messages": [*messages, {"role": "assistant", "content": response}], **others}
