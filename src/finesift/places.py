"""Texts that are trained or shown beside the messages' own: reasoning, tool calls and tool schemas.

Each place is a frame like `turns` whose `content` is the text of that place, so that whatever looks at messages can
look there too. A place in which no row has anything costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.tables import TURNS


def places(corpus: Corpus) -> Iterator[tuple[str, pl.DataFrame]]:
    """Where else text stands, in words, and the rows that have some there, as a frame TURNS."""
    turns = corpus.turns
    thought = turns.filter(pl.col("reasoning").str.len_bytes() > 0)
    if thought.height:
        yield "the reasoning", _only(thought, thought["reasoning"])
    called = turns.filter(pl.col("tool_calls").str.len_bytes() > 2)
    if called.height:
        yield "the tool calls", _only(called, _spoken(called["tool_calls"]))
    offered = corpus.examples.filter(pl.col("tools").str.len_bytes() > 2).select("example", "tools")
    if offered.height:
        first = turns.unique("example", keep="first", maintain_order=True).join(
            offered, on="example", maintain_order="left"
        )
        first = first.with_columns(role=pl.lit("system", TURNS["role"]))
        yield "the tools", _only(first.drop("tools"), _spoken(first["tools"]))


def _only(turns: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """The rows with `texts` for their content, and nothing else said."""
    nothing = dict.fromkeys(
        ("reasoning", "tool_calls", "tool_call_id", "name", "media"), pl.lit(None, pl.String)
    )
    return turns.with_columns(content=texts, **nothing).select(TURNS.names())


def _spoken(texts: pl.Series) -> pl.Series:
    """All texts within JSON, names of fields too, one to a line; equal JSON is read once."""
    known = {text: "\n".join(_strings(text)) for text in texts.unique()}
    return pl.Series([known[text] for text in texts], dtype=pl.String)


def _strings(text: str) -> Iterator[str]:
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield text
        return
    # Not by recursion: nesting is the data's, not ours.
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [part for pair in reversed(value.items()) for part in reversed(pair)]
        elif isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, str):
            inner = _parsed(value)
            if inner is None:
                yield value
            else:
                waiting.append(inner)


def _parsed(text: str) -> Any:
    """What a text holds as JSON where it holds an object or a list, as arguments often do; else None."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
