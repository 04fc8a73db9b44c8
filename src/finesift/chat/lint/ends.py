"""What ends a turn, and whether that ends a generation."""

from __future__ import annotations

from collections.abc import Iterator

from finesift.chat.lint.probe import TWO, Probed, Remark, detector, reasoned
from finesift.chat.proof import KINDS


@detector(3)
def ends(t: Probed) -> Iterator[Remark]:
    """What ends a turn, and whether that ends a generation."""
    tokens, stops = t.tokenizer.tokens, t.tokenizer.stop_ids
    pad = t.tokenizer.backend.token_to_id(tokens["pad_token"]) if "pad_token" in tokens else None
    if pad is not None and pad in stops:
        yield Remark(
            "pad_is_end",
            False,
            f"{tokens['pad_token']} pads and ends a turn: a collator that masks padding masks the end as well",
        )
    found = t.spans(*TWO)
    if found is None or not found.spans:
        return
    names = {problem.name for problem in found.problems}
    if "no_end" in names:
        yield Remark("no_end", True, KINDS["no_end"][1] + ", so the model never learns to stop")
    span = found.spans[0]
    end = next(
        (
            mark[0]
            for mark in reversed(list(t.masker.marks.pattern.finditer(found.text, span.start, span.end)))
        ),
        "",
    )
    thought = t.spans(*reasoned())
    early = [one for one in thought.problems if one.name == "stops_early"] if thought is not None else []
    if early:
        yield Remark("stops_early", True, f"in an answer with reasoning, {early[0].message}")
    if "end_is_no_stop" in names:
        yield Remark(
            "end_is_no_stop",
            True,
            f"{end} ends the turn, but neither generation_config.json nor eos_token says that it ends a "
            "generation: the model goes on",
        )
    elif end and end != tokens.get("eos_token"):
        yield Remark(
            "end_is_not_eos", False, f"{end} ends the turn; eos_token is {tokens.get('eos_token', 'not set')}"
        )
    traced = t.masker.finder(None).tracer.trace(TWO)
    own = [stop for _, stop, owner in traced.regions if owner == 1]
    if own and span.end > own[-1] and "no_end" not in names:
        yield Remark(
            "end_by_next",
            False,
            "the end of a turn is written by the next message, or by the end of the template: masks made "
            "message by message leave it out",
        )
