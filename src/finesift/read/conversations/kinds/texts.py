"""Plain text, and conversations that were written as one."""

from __future__ import annotations

from finesift.read.conversations.example import Example, Row
from finesift.read.conversations.kinds import kind
from finesift.read.conversations.rendered import unrendered
from finesift.read.conversations.transcripts import transcript
from finesift.read.conversations.turn import Reading, Turn


@kind("text", reads={"text": "Ningaloo is a reef."}, leaves={"role": "user", "text": "Name a reef."})
def text(row: Row) -> Example | None:
    """`text`, `content` or `document` alone: trained whole, without a chat template. A transcript (`Human: …
    Assistant: …`, ChatML) or a text that a template made is taken apart into its turns."""
    if not isinstance(row.value("text"), str) or "role" in row.record:
        return None
    return of_text(row.take("text"), row.reading)


def of_text(text: str, reading: Reading) -> Example:
    if turns := transcript(text, reading):
        return Example("transcript", turns)
    if found := unrendered(text):
        name, turns = found
        if turns:
            reading.note("repair", f"rendered with a template of {name} already, read as its turns")
            return Example("rendered", turns)
        said = f"the text holds the marks of {name}'s template and cannot be taken apart: its prompts are trained too"
        reading.note("unread_field", said)
    return Example("text", [Turn("assistant", text)])
