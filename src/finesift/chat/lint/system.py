"""System messages that are refused, lost, moved or made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from finesift.chat.lint.probe import ANSWER, ASK, SYSTEM, TWO, USER, Probed, Remark, detector, said, short
from finesift.chat.template import Template
from finesift.errors import RenderError
from finesift.views import is_instruction


@detector(
    6,
    touches={
        "system_lost": is_instruction,
        "system_moved": is_instruction,
        "system_refused": is_instruction,
        "system_injected": ~is_instruction.any().over("example"),
    },
)
def system(t: Probed) -> Iterator[Remark]:
    """System messages that are refused, lost, moved or made up."""
    plain = t.text(USER, ANSWER)
    with_system = t.text(said("system", SYSTEM), USER, ANSWER)
    if plain is not None and with_system is None:
        yield Remark("system_refused", True, "a conversation with a system message is refused")
    elif with_system is not None and SYSTEM not in with_system:
        prompted = t.text(said("system", SYSTEM), USER, prompt=True)
        though = ", though the prompt at inference has it" if prompted and SYSTEM in prompted else ""
        yield Remark("system_lost", True, f"the system message is left out{though}")
    longer = t.text(said("system", SYSTEM), *TWO)
    if longer and SYSTEM in longer and longer.index(SYSTEM) > longer.find(ASK):
        yield Remark("system_moved", True, "the system message stands with the last user message")
    if plain is not None:
        before = plain.partition(ASK)[0]
        words = t.masker.marks.pattern.sub(" ", before)
        if sum(len(word) > 2 and word.isalpha() for word in words.replace(".", " ").split()) > 3:
            yield Remark(
                "system_injected",
                False,
                f"without a system message the template writes {short(before)} itself",
            )
    texts = [
        Template(t.template.source, tokens=t.template.tokens, now=lambda day=day: day)  # type: ignore[misc]
        for day in (datetime(2001, 2, 3), datetime(2011, 12, 13))
    ]
    dated = []
    for template in texts:
        try:
            dated.append(template.render([USER, ANSWER], **t.settings))
        except RenderError:
            return
    if dated[0] != dated[1]:
        yield Remark("date_injected", False, "the template writes today's date: rows differ from day to day")
