"""Marks that the template writes and the tokenizer does not know."""

from __future__ import annotations

from collections.abc import Iterator

from finesift.chat.lint.probe import SYSTEM, TWO, USER, Probed, Remark, detector, said
from finesift.chat.marks import Marks


@detector(10)
def vocabulary(t: Probed) -> Iterator[Remark]:
    """Marks that the template writes and the tokenizer does not know."""
    text = "".join(filter(None, (t.text(*TWO), t.text(said("system", SYSTEM), USER, prompt=True))))
    written = [
        mark for mark in Marks.guessed(t.template).special if mark.startswith(("<|", "<｜")) and mark in text
    ]
    broken = sorted(
        mark for mark, ids in zip(written, t.tokenizer.encode(written), strict=True) if len(ids) > 1
    )
    if broken:
        yield Remark(
            "mark_is_no_token",
            True,
            f"the template writes {', '.join(broken)}, which this tokenizer cuts into pieces: no model learns "
            "it as one",
        )
