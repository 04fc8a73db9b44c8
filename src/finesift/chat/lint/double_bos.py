"""The beginning of the text, written by the template and once more by the tokenizer."""

from __future__ import annotations

from collections.abc import Iterator

from finesift.chat.lint.probe import ANSWER, USER, Probed, Remark, detector


@detector(1)
def double_bos(t: Probed) -> Iterator[Remark]:
    """The beginning of the text, written by the template and once more by the tokenizer."""
    bos = t.tokenizer.tokens.get("bos_token")
    text = t.text(USER, ANSWER)
    if not bos or not text or not text.startswith(bos):
        return
    number = t.tokenizer.backend.token_to_id(bos)
    if t.tokenizer.backend.encode(text).ids[:2] == [number, number]:
        yield Remark(
            "double_bos",
            True,
            f"the template writes {bos} and so does the tokenizer: encode rendered text with "
            "add_special_tokens=False",
        )
