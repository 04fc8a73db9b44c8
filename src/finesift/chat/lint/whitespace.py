"""Whitespace around texts that is cut off."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finesift.chat.lint.probe import ANSWER, ASK, LAST, MORE, SAY, USER, Probed, Remark, detector, said
from finesift.views import is_answer, text

_padded = text != text.str.strip_chars()


@detector(
    7, touches={"answer_trimmed": is_answer & _padded, "user_trimmed": (pl.col("role") == "user") & _padded}
)
def whitespace(t: Probed) -> Iterator[Remark]:
    """Whitespace around texts that is cut off."""
    padded = f"  \n {SAY} \n\n", f"  \n {ASK} \n\n"
    for which, (role, content) in enumerate(zip(("assistant", "user"), padded, strict=True)):
        messages = [USER, ANSWER, said("user", MORE), said("assistant", LAST)]
        messages[1 - which] = said(role, content)
        text = t.text(*messages)
        if text is not None and content not in text and content.strip() in text:
            yield Remark(
                f"{'answer' if role == 'assistant' else role}_trimmed",
                False,
                f"whitespace around the {role}'s text is cut off",
            )
