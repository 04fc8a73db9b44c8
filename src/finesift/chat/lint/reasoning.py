"""Reasoning that the template leaves out, or does not find."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from jinja2 import nodes

from finesift.chat.lint.probe import (
    LAST,
    LATER,
    MORE,
    SAY,
    THINK,
    USER,
    Probed,
    Remark,
    detector,
    reasoned,
    said,
)
from finesift.chat.template import REASONING, Template
from finesift.views import is_answer
from finesift.views import text as content

_earlier = is_answer & (pl.col("turn") < pl.col("turn").max().over("example"))


@detector(
    5,
    touches={
        "reasoning_lost": pl.col("reasoning").is_not_null(),
        "earlier_reasoning_lost": pl.col("reasoning").is_not_null() & _earlier,
        "inline_reasoning_lost": is_answer & content.str.contains("</think>", literal=True),
    },
)
def reasoning(t: Probed) -> Iterator[Remark]:
    """Reasoning that the template leaves out, or does not find."""
    text = t.text(*reasoned())
    if text is not None:
        if LATER not in text:
            yield Remark("reasoning_lost", True, "the reasoning of an answer (reasoning_content) is left out")
        elif THINK not in text:
            yield Remark(
                "earlier_reasoning_lost", True, "the reasoning of all answers but the last is left out"
            )
    within = t.text(
        USER,
        said("assistant", f"<think>\n{THINK}\n</think>\n\n{SAY}"),
        said("user", MORE),
        said("assistant", f"<think>\n{LATER}\n</think>\n\n{LAST}"),
    )
    if within is not None and (THINK not in within or LATER not in within):
        which = "every" if LATER not in within else "each earlier"
        yield Remark(
            "inline_reasoning_lost", True, f"<think> text in the content of {which} answer is left out"
        )
    reads = _keys(t.template) & set(REASONING)
    if reads and "reasoning_content" not in reads:
        yield Remark(
            "reasoning_key",
            False,
            f"the template reads {', '.join(sorted(reads))}: programs older than transformers 5 do not find "
            "reasoning under another name",
        )


def _keys(template: Template) -> set[str]:
    """The names of fields that the template reads."""
    tree = template.sandbox.parse(template.source)
    read = {node.attr for node in tree.find_all(nodes.Getattr)}
    return (
        read
        | {
            node.arg.value
            for node in tree.find_all(nodes.Getitem)
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str)
        }
        | {
            node.value
            for node in tree.find_all(nodes.Const)
            if isinstance(node.value, str) and node.value in REASONING
        }
    )
