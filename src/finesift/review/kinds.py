"""Fix one, apply to its kind: which rows share what a person saw in one of them.

opening    the last answer begins with the same words
phrase     some answer holds the same phrase, to the letter
prompt     some other message does: what is asked, or what the system says
check      the same check found something in it
alike      checks that compare rows link it with this one, directly or through others
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from finesift.errors import UsageError
from finesift.match.cluster import components
from finesift.review.rows import Edits, Rows
from finesift.views import is_answer

RULES = ("opening", "phrase", "prompt", "check", "alike")
# Rules about a phrase, which may be replaced.
_PHRASES = ("phrase", "prompt")
# Characters of an opening, and of the shortest phrase that is not everywhere.
OPENING, SHORTEST = 40, 4
# Rows decided in one step: as many as are listed before.
MOST = 2000


@dataclass(frozen=True)
class Rule:
    """What makes a kind. replacement: what to put in the place of a phrase; None: nothing is changed."""

    name: str
    text: str
    replacement: str | None = None

    def __str__(self) -> str:
        told = {
            "opening": "begins with",
            "phrase": "says",
            "prompt": "is asked",
            "check": "is found by",
            "alike": "is like",
        }[self.name]
        return f"{told} {self.text!r}" + ("" if self.replacement is None else f", now {self.replacement!r}")


def proposed(rows: Rows, example: int, *, blind: bool = False) -> list[Rule]:
    """The rules that a row proposes by itself: its opening, what checks found, the rows that it is like.

    blind: its opening only, since the others say what the tool thinks.
    """
    answers = rows.scan("turns").filter((pl.col("example") == example) & is_answer).sort("turn").collect()
    last = (answers["content"].drop_nulls().to_list() or [""])[-1]
    found = (
        rows.scan("findings")
        .filter(pl.col("example") == example)
        .select("check")
        .unique()
        .sort("check")
        .collect()
    )
    opening = [Rule("opening", last[:OPENING])] if len(last) >= OPENING else []
    if blind:
        return opening
    own = rows.scan("examples").filter(pl.col("example") == example).select("id").collect().item()
    like = [Rule("alike", own)] if _cluster(rows, own).height > 1 else []
    return [*opening, *like, *(Rule("check", check) for check in found["check"])]


def _cluster(rows: Rows, id_: str) -> pl.DataFrame:
    """example: this row and those that findings link it with, directly or through others."""
    names = rows.scan("examples").select("example", "id").collect()
    links = (
        rows.scan("findings")
        .filter(pl.col("other").is_not_null())
        .select("example", "other")
        .join(names.lazy().rename({"example": "like"}), left_on="other", right_on="id")
        .select("example", "like")
        .collect()
    )
    own = names.filter(pl.col("id") == id_)["example"]
    group = components(
        1 + names["example"].to_numpy().max(initial=0), links.to_numpy().astype(np.uint32).reshape(-1, 2)
    )
    return pl.DataFrame({"example": np.flatnonzero(np.isin(group, group[own.to_numpy()])).astype(np.uint32)})


def members(rows: Rows, rule: Rule) -> pl.DataFrame:
    """example: the rows that a rule is about. Raises UsageError where it is none."""
    if rule.name not in RULES or (rule.replacement is not None and rule.name not in _PHRASES):
        raise UsageError("that is no rule.")
    if rule.name in _PHRASES and len(rule.text.strip()) < SHORTEST:
        raise UsageError(f"a phrase has {SHORTEST} letters or more.")
    if rule.name == "alike":
        return _cluster(rows, rule.text)
    if rule.name == "check":
        found = rows.scan("findings").filter(pl.col("check") == rule.text).select("example")
        return found.unique().sort("example").collect()
    if rule.name in _PHRASES:
        held = _messages(rows, rule).filter(pl.col("content").str.contains(rule.text, literal=True))
        return held.select("example").unique().sort("example").collect(engine="streaming")
    answers = rows.scan("turns").filter(is_answer & pl.col("content").is_not_null())
    last = answers.group_by("example").agg(pl.col("content").sort_by("turn").last())
    same = last.filter(pl.col("content").str.starts_with(rule.text))
    return same.select("example").sort("example").collect()


def replaced(rows: Rows, rule: Rule, ids: dict[int, str], edits: dict[str, Edits]) -> list[dict[str, Any]]:
    """The corrections that a rule with a replacement makes: id, turn and content. ids: by example."""
    if rule.replacement is None:
        return []
    numbers = pl.Series([*ids], dtype=pl.UInt32)
    turns = _messages(rows, rule).filter(pl.col("example").is_in(numbers.implode()))
    made = []
    for example, turn, content in turns.select("example", "turn", "content").collect().iter_rows():
        id_ = ids[example]
        now = edits.get(id_, {}).get(turn, (content,))[0]
        if rule.text in now:
            made.append({"id": id_, "turn": turn, "content": now.replace(rule.text, rule.replacement)})
    if not made:
        raise UsageError(f"none of these rows says {rule.text!r} any more; nothing was corrected.")
    return made


def _messages(rows: Rows, rule: Rule) -> pl.LazyFrame:
    """The messages that a rule about a phrase looks at."""
    which = is_answer if rule.name == "phrase" else ~is_answer
    return rows.scan("turns").filter(which & pl.col("content").is_not_null())
