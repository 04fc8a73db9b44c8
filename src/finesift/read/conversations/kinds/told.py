"""What a row tells, apart from pairs and verdicts: a conversation, a prompt and its answer, or a text."""

from __future__ import annotations

from finesift.read.conversations.example import Example, Row
from finesift.read.conversations.kinds import chats, instructions, texts


def told(row: Row) -> Example | None:
    """The example without what judges it; None where the row tells nothing."""
    if isinstance(row.value("messages"), list | str):
        return chats.chat(row, "messages")
    return instructions.single(row) if row.name("prompt") else texts.text(row)
