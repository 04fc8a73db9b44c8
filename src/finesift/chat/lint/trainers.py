"""Which of the trainers' own settings give the proved mask, worked out from the template.

What each does is written anew here and run on probes. Sources: axolotl's `prompt_strategies/chat_template.py`,
Unsloth's `unsloth_zoo/dataset_utils.py`, transformers' `return_assistant_tokens_mask`, which TRL uses; LLaMA-Factory
has a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from finesift.chat.conversations import Conversation
from finesift.chat.lint.llamafactory import llamafactory
from finesift.chat.lint.probe import (
    CALLED,
    KEY,
    RESULT,
    SAY,
    TOOLS,
    TWO,
    USER,
    VALUE,
    Probed,
    Remark,
    calls,
    detector,
    reasoned,
    said,
    short,
)
from finesift.chat.marks import pieces
from finesift.chat.mask import Masked
from finesift.chat.template import Message

Flags = list[bool]
# Tokens between the end of a turn and its end token that axolotl passes over.
_NEAR = 3
_STRANGER = "[[another text]]"


@detector(12)
def trainers(t: Probed) -> Iterator[Remark]:
    """The settings of trainers that mask by themselves."""
    probes = [one for one in (_masked(t, *probe) for probe in _probes()) if one is not None]
    if not probes:
        return
    yield Remark("trl_mask", False, _trl(probes))
    yield Remark("axolotl_mask", False, _axolotl(t, probes))
    yield Remark("unsloth_mask", False, _unsloth(t, probes))
    yield Remark("llamafactory_mask", False, llamafactory(t, dict(probes).get("answers")))


def _probes() -> Iterator[tuple[str, Sequence[Message], list[Any] | None]]:
    yield "answers", TWO, None
    yield "reasoning", reasoned(), None
    call = said("assistant", "", tool_calls=calls({KEY: VALUE}))
    result = said("tool", RESULT, tool_call_id="call00000", name=CALLED)
    yield "tool calls", (USER, call, result, said("assistant", SAY)), TOOLS


def _masked(
    t: Probed, kind: str, messages: Sequence[Message], tools: list[Any] | None
) -> tuple[str, Masked] | None:
    """The proved mask; None where the template refuses the probe or its mask is not to be had."""
    one = Conversation(0, 0, "messages", [dict(m) for m in messages], tools, list(range(len(messages))), None)
    [found] = t.masker.mask([one])
    lost = {problem.name for problem in found.problems} & {
        "lost_tool_calls",
        "lost_reasoning",
        "mask_refused",
    }
    return None if lost or not found.trained.any() else (kind, found)


def _said(
    t: Probed, setting: str, probes: Sequence[tuple[str, Masked]], flags: Callable[[Masked], Flags | None]
) -> tuple[bool, str]:
    """Whether a setting trains what is proved on all probes, and the sentence that says so or where it does not."""
    for kind, proved in probes:
        given = flags(proved)
        if given is None:
            return False, f"{setting}: unknown, the template refuses what it renders ({kind})"
        wanted = proved.trained.tolist()
        if given == wanted:
            continue
        ids = proved.ids.tolist()
        at = next(n for n, (ours, theirs) in enumerate(zip(wanted, given, strict=True)) if ours != theirs)
        end = at
        while end < len(ids) and (wanted[end], given[end]) == (wanted[at], given[at]):
            end += 1
        text = short(t.tokenizer.backend.decode(ids[at:end], skip_special_tokens=False), 40)
        what = "leaves out" if wanted[at] else "trains, and should not,"
        return False, f"{setting} {what} {text} ({kind})"
    return True, f"{setting} trains what is proved ({', '.join(kind for kind, _ in probes)})"


def _trl(probes: Sequence[tuple[str, Masked]]) -> str:
    if not any(proved.spans.generation for _, proved in probes):
        return (
            "TRL's assistant_only_loss=True needs {% generation %}, which the template does not have: "
            "finesift template --patched"
        )
    for kind, proved in probes:
        flags = bytearray(len(proved.text))
        for start, end in proved.spans.generation:
            flags[start:end] = b"\1" * (end - start)
        for span in proved.spans.spans:
            for start, end in span.pieces():
                flags[start:end] = bytes(one ^ 1 for one in flags[start:end])
        if any(flags):
            told = f"TRL's assistant_only_loss=True trains other text than is proved ({kind})"
            return f"{told}: finesift template --patched"
    return f"TRL's assistant_only_loss=True trains what is proved ({', '.join(kind for kind, _ in probes)})"


def _axolotl(t: Probed, probes: Sequence[tuple[str, Masked]]) -> str:
    """By default, and with the token that really ends a turn as `eot_tokens`, if it is another."""
    eos = t.tokenizer.tokens.get("eos_token", "")
    setting = "axolotl's roles_to_train: [assistant], train_on_eos: turn"
    fine, told = _said(t, setting, probes, lambda one: _by_turns(t, one, [eos]))
    ends = {
        proved.text[span.end - size : span.end]
        for _, proved in probes
        for span in proved.spans.spans
        for size in [_mark_size(t, proved.text, span.end)]
        if size
    }
    others = sorted(ends - {eos})
    if fine or not others:
        return told
    named = ", ".join(others)
    return _said(t, f"{setting}, eot_tokens: [{named}]", probes, lambda one: _by_turns(t, one, others))[1]


def _mark_size(t: Probed, text: str, end: int) -> int:
    return next((len(mark) for mark in t.masker.marks.special if text.endswith(mark, 0, end)), 0)


def _by_turns(t: Probed, proved: Masked, ends: Sequence[str]) -> Flags | None:
    """What differs from the same turn with another text, and the end token near behind it."""
    messages, tools = proved.conversation.messages, proved.conversation.tools
    ids = proved.ids.tolist()
    flags = [False] * len(ids)
    stops = {t.tokenizer.backend.token_to_id(end) for end in ends} - {None}
    for turn, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        other = said("assistant", _STRANGER)
        texts = [t.text(*messages[:turn], last, tools=tools) for last in (message, other)]
        if texts[0] is None or texts[1] is None:
            return None
        own, strange = t.tokenizer.encode([texts[0], texts[1]])
        shorter = min(len(own), len(strange))
        first = next((n for n in range(shorter) if own[n] != strange[n]), None)
        last = next((n for n in range(1, shorter + 1) if own[-n] != strange[-n]), None)
        if first is None or last is None:
            continue
        end = len(own) - last + 1
        for at in range(first, min(end, len(ids))):
            flags[at] = True
        stop = next((at for at in range(end, len(ids)) if ids[at] in stops), None)
        if stop is not None and stop - end <= _NEAR:
            flags[stop] = True
    return flags


def _unsloth(t: Probed, probes: Sequence[tuple[str, Masked]]) -> str:
    """From behind each answer's header to the next user's header."""
    bare, prompt = t.text(USER), t.text(USER, prompt=True)
    text = next((proved.text for kind, proved in probes if kind == "answers"), "")
    before, ask, _ = text.partition(USER["content"])
    more = TWO[2]["content"]
    between = text.partition(TWO[1]["content"])[2].partition(more)[0]
    asks = _common_end(t, before, between) if ask and between else ""
    answers = prompt[len(bare) :] if bare is not None and prompt and prompt.startswith(bare) else ""
    if not asks or not answers:
        return "Unsloth's train_on_responses_only: unknown, the template has no headers to give it"
    setting = f"Unsloth's train_on_responses_only(instruction_part={asks!r}, response_part={answers!r})"
    ask_ids, answer_ids = t.tokenizer.encode([asks, answers])
    return _said(t, setting, probes, lambda one: _between(one.ids.tolist(), answer_ids, ask_ids))[1]


def _common_end(t: Probed, one: str, other: str) -> str:
    """How both texts end, in whole marks and words, after the last end of a turn."""
    same: list[str] = []
    for ours, theirs in zip(reversed(pieces(one)), reversed(pieces(other)), strict=False):
        if ours != theirs or ours in t.masker.marks.stop:
            break
        same.append(ours)
    return "".join(reversed(same)).lstrip()


def _between(ids: list[int], begins: Sequence[int], ends: Sequence[int]) -> Flags:
    flags = [False] * len(ids)
    open_ = False
    at = 0
    while at < len(ids):
        if not open_ and ids[at : at + len(begins)] == list(begins):
            open_, at = True, at + len(begins)
            continue
        if open_ and ids[at : at + len(ends)] == list(ends):
            open_, at = False, at + len(ends)
            continue
        flags[at] = open_
        at += 1
    return flags
