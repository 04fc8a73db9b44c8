"""Conversations written as one text: Anthropic's "Human: … Assistant: …" and ChatML."""

from __future__ import annotations

import re

from finesift.read.conversations.turn import Reading, Turn, role_of

#: How a text begins that may be a transcript.
OPENINGS = ("\n\nHuman:", "Human:", "<|im_start|>")

_SAID = re.compile(r"\n\n(Human|Assistant):")
_CHATML = re.compile(r"<\|im_start\|>([^\n<]{1,40})\n(.*?)<\|im_end\|>\n?", re.DOTALL)


def transcript(text: str, reading: Reading) -> list[Turn]:
    """The turns of a text that is a transcript from beginning to end; none where it is plain text."""
    if text.startswith("\n\nHuman:") or (text.startswith("Human:") and "\n\nAssistant:" in text):
        pieces = _SAID.split(text if text.startswith("\n") else f"\n\n{text}")
        return [
            Turn("user" if who == "Human" else "assistant", said.removeprefix(" "))
            for who, said in zip(pieces[1::2], pieces[2::2], strict=True)
        ]
    if text.startswith("<|im_start|>"):
        turns, end, breaks = [], 0, set()
        for number, match in enumerate(_CHATML.finditer(text), 1):
            if match.start() != end:
                return []
            turns.append(Turn(role_of(match[1], f"message {number}", reading), match[2]))
            end = match.end()
            breaks.add(match[0].endswith("\n") or end == len(text))
        # One template ends all turns alike; else it is no template's work.
        return turns if not text[end:].strip() and len(breaks) == 1 else []
    return []
