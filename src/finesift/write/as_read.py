"""Kept rows in the layout that they came in: their own bytes, with what people corrected in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus

#: Why a row is not there as it was read, in words.
REPAIRED = "a repair that may lose something changed its text"
SEVERAL = "other examples of the same row went elsewhere"
UNPLACED = "a corrected text stands in the row more than once, or not as it is"


def as_read(
    corpus: Corpus, chosen: pl.DataFrame, edits: pl.DataFrame
) -> tuple[list[bytes], dict[str, list[str]]]:
    """The rows of `chosen`, examples of one split, as JSON lines in the layout that each was read in.

    edits: see `tables.EDITS`. Returns the lines, each row once, and the ids of examples that cannot be written so, by
    the reason; those stand in the run's own layout, as all do.
    """
    rows = corpus.examples.select("example", "id", "source", "row").with_columns(
        here=pl.col("example").is_in(chosen["example"].implode()),
        first=pl.struct("source", "row").is_first_distinct(),
    )
    rows = rows.with_columns(whole=pl.col("here").all().over("source", "row")).filter("here")
    # Lines that were recoded are JSON in their new encoding: what is kept of them is what was read.
    lossy = corpus.notes.filter(
        (pl.col("kind") == "lossy_repair") & ~pl.col("message").str.starts_with("windows-1252")
    )
    changed = set(lossy["example"])
    corrected = dict(edits.group_by("example").agg(pl.struct("before", "after")).iter_rows())
    lines: list[bytes] = []
    left: dict[str, list[str]] = {}
    for example, id_, first, whole, raw in (
        rows.join(corpus.originals, on="example", maintain_order="left")
        .select("example", "id", "first", "whole", "raw")
        .iter_rows()
    ):
        why = REPAIRED if example in changed else SEVERAL if not whole else None
        line = raw if why is None else None
        if why is None and example in corrected:
            line = _corrected(raw, corrected[example])
            why = UNPLACED if line is None else None
        if line is None or why is not None:
            left.setdefault(str(why), []).append(id_)
        elif first or not whole:
            lines.append(line)
    return lines, left


def left_out(left: dict[str, list[str]]) -> Iterator[bytes]:
    """A line for each example that is not there as it was read."""
    for why, ids in left.items():
        for id_ in ids:
            yield orjson.dumps({"id": id_, "why": why})


def _corrected(raw: bytes, edits: list[dict[str, str]]) -> bytes | None:
    """The row with each corrected text in the place of what it said; None where that place is not plain."""
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    for edit in edits:
        places = _places(row, edit["before"])
        if len(places) != 1:
            return None
        holder, key = places[0]
        holder[key] = edit["after"]
    return orjson.dumps(row)


def _places(value: Any, text: str) -> list[tuple[Any, Any]]:
    """Where a text stands as a value: the object or list that holds it, and under which key."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        members = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, inner in members:
            if isinstance(inner, (dict, list)):
                waiting.append(inner)
            elif inner == text:
                found.append((holder, key))
    return found
