"""Tools, calls and results that are refused, lost or written otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finesift.chat.lint.probe import (
    ABOUT,
    ANSWER,
    CALLED,
    KEY,
    LAST,
    RESULT,
    SAY,
    TOOL,
    TOOLS,
    USER,
    VALUE,
    Probed,
    Remark,
    calls,
    detector,
    said,
)
from finesift.views import text as content


@detector(
    8,
    touches={
        "tool_calls_lost": pl.col("tool_calls").is_not_null(),
        "tool_results_lost": pl.col("role") == "tool",
        "tools_refused": pl.col("tool_calls").is_not_null() | (pl.col("role") == "tool"),
        "text_beside_calls_lost": pl.col("tool_calls").is_not_null() & (content != ""),
        "arguments_twice_encoded": pl.col("tool_calls").str.contains(r'"arguments":\s*"'),
        "result_within_answer": pl.col("role") == "tool",
    },
)
def tools(t: Probed) -> Iterator[Remark]:
    """Tools, calls and results that are refused, lost or written otherwise."""
    call = said("assistant", SAY, tool_calls=calls({KEY: VALUE}))
    result = said("tool", RESULT, tool_call_id="call00000", name=CALLED)
    turns = (USER, call, result, said("assistant", LAST))
    text = t.text(*turns, tools=TOOLS)
    if text is None:
        if t.text(USER, ANSWER) is not None:
            yield Remark("tools_refused", True, "a conversation with a tool call and its result is refused")
    else:
        if TOOL not in text:
            yield Remark("tools_lost", True, "the schemas of the tools are left out")
        elif ABOUT not in text:
            yield Remark("tool_descriptions_lost", False, "the descriptions of the tools are left out")
        if CALLED not in text or VALUE not in text:
            yield Remark("tool_calls_lost", True, "tool calls are left out")
        if RESULT not in text:
            yield Remark("tool_results_lost", True, "the results of tools are left out")
        if SAY not in text:
            yield Remark(
                "text_beside_calls_lost", True, "the text of an answer that also calls a tool is left out"
            )
        found = t.spans(*turns, tools=TOOLS)
        if found:
            trace = t.masker.finder(TOOLS).tracer.trace(turns, TOOLS)
            own = [(start, end) for start, end, owner in trace.regions if owner == 1]
            at = found.text.find(RESULT)
            if own and own[0][0] < at < own[-1][1]:
                yield Remark(
                    "result_within_answer",
                    False,
                    "the result of a tool stands within the answer's turn: a mask by turns trains it",
                )
    written = t.text(
        USER, said("assistant", SAY, tool_calls=calls(f'{{"{KEY}": "{VALUE}"}}')), result, tools=TOOLS
    )
    if written is not None and f'\\"{KEY}\\"' in written:
        yield Remark(
            "arguments_twice_encoded",
            True,
            "arguments given as a JSON string are encoded once more: pass an object",
        )
    elif written is None and text is not None:
        yield Remark("arguments_must_be_objects", False, "arguments given as a JSON string are refused")
