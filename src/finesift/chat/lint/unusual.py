"""Messages of unusual roles, contents and order."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finesift.chat.ends import PROBE
from finesift.chat.lint.probe import ANSWER, LAST, MORE, SYSTEM, USER, Probed, Remark, detector, said


@detector(9, touches={"developer_lost": pl.col("role") == "developer"})
def unusual(t: Probed) -> Iterator[Remark]:
    """Messages of unusual roles, contents and order."""
    for role in ("developer", "function"):
        text = t.text(said(role, SYSTEM), USER, ANSWER)
        if text is not None and SYSTEM not in text:
            yield Remark(f"{role}_lost", False, f"messages of the role {role} are left out")
    nothing = t.raw(USER, said("assistant", None))
    if nothing is not None and "None" in nothing and "None" not in (t.text(USER, ANSWER) or ""):
        yield Remark(
            "none_written", False, "content that is null becomes the word None where a program passes it on"
        )
    parts = [{"type": "text", "text": PROBE}]
    listed = t.raw({"role": "user", "content": parts}, dict(ANSWER))
    if listed is not None and PROBE not in listed:
        yield Remark("parts_lost", False, "content that is a list of parts is left out")
    elif listed is not None and "'type'" in listed:
        yield Remark("parts_as_code", False, "content that is a list of parts is written as program text")
    plain = t.text(USER, ANSWER)
    if plain is not None and (
        t.text(USER, said("user", MORE), ANSWER) is None
        or t.text(ANSWER, USER, said("assistant", LAST)) is None
    ):
        yield Remark("must_alternate", False, "turns that do not alternate, from the user on, are refused")
