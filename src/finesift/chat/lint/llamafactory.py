"""What LLaMA-Factory trains where it is given no `template`, and so reads the tokenizer's own.

It renders a question and an answer, takes what stands around them for its slots, and trains each answer's slot whole.
Written anew here and run on a probe. Source: `parse_template` in LLaMA-Factory's `data/template.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from finesift.chat.lint.probe import TWO, Probed, said, short
from finesift.chat.mask import Masked

_SLOT = "{{content}}"
_ASKED = "LLaMA-Factory without a template of its own (train_on_prompt: false, mask_history: false)"
_NAMED = "a template that it is given by name is its own, so unknown"


@dataclass(frozen=True)
class _Slots:
    prefix: str
    system: str
    user: str
    assistant: str


def llamafactory(t: Probed, answers: Masked | None) -> str:
    """The sentence on its setting. answers: the proved mask of two questions and answers, where there is one."""
    slots = _slots(t)
    if slots is None or answers is None:
        return f"{_ASKED}: unknown, it does not take this template apart in one way; {_NAMED}"
    text, trained = _rendered(slots)
    if text != answers.text:
        at = next((n for n, (a, b) in enumerate(zip(text, answers.text, strict=False)) if a != b), len(text))
        return f"{_ASKED} writes {short(text[at : at + 30])} where the template does not; {_NAMED}"
    wanted = bytearray(len(text))
    for span in answers.spans.spans:
        for start, end in span.pieces():
            wanted[start:end] = b"\1" * (end - start)
    at = next((n for n in range(len(text)) if wanted[n] != trained[n]), len(text))
    if at == len(text):
        return f"{_ASKED} trains what is proved (answers); {_NAMED}"
    end = at
    while end < len(text) and (wanted[end], trained[end]) == (wanted[at], trained[at]):
        end += 1
    what = "leaves out" if wanted[at] else "trains, and should not,"
    return f"{_ASKED} {what} {short(text[at:end], 40)} (answers); {_NAMED}"


def _slots(t: Probed) -> _Slots | None:
    """What stands around system prompt, question and answer; None where the template refuses to show it."""
    asked = said("user", _SLOT)
    # What an empty text becomes: the beginning of the text, for a tokenizer whose template writes it once.
    bos, shown = t.tokenizer.tokens.get("bos_token") or "", t.text(*TWO) or ""
    prefix = bos if bos and shown.startswith(bos) and shown.count(bos) == 1 else ""
    system = t.text(said("system", _SLOT)) or ""
    user = t.text(asked, prompt=True)
    unset = t.text(said("system", ""), asked, prompt=True)
    whole = t.text(asked, said("assistant", _SLOT))
    if user is None or unset is None or whole is None:
        return None
    user, unset, system = (text[len(prefix) :] for text in (user, unset, system))
    assistant = whole[len(prefix) + len(user) :]
    if "<think>" in assistant:
        return None  # what it does with thoughts depends on its version, and on each row
    default = ""
    if len(user) > len(unset):
        default = system.replace(_SLOT, _more(unset, user), 1)
        user = user[len(default) :]
    if user.count(_SLOT) != 1 or assistant.count(_SLOT) != 1:
        return None
    return _Slots(prefix, default, user, assistant)


def _more(shorter: str, longer: str) -> str:
    """The letters that the longer text has and the shorter has not, in order."""
    at, more = 0, []
    for letter in longer:
        if at < len(shorter) and letter == shorter[at]:
            at += 1
        elif at < len(shorter):
            more.append(letter)
    return "".join(more)


def _rendered(slots: _Slots) -> tuple[str, bytearray]:
    """Two questions and answers as it writes them, and which letters are trained."""
    text, trained = slots.prefix + slots.system, bytearray(len(slots.prefix + slots.system))
    for message in TWO:
        slot = slots.user if message["role"] == "user" else slots.assistant
        part = slot.replace(_SLOT, message["content"])
        text += part
        trained += bytes([message["role"] == "assistant"]) * len(part)
    return text, trained
