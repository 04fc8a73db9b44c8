"""Fix one, apply to its kind: which rows share what a person saw in one of them.

opening    the last answer begins with the same words
phrase     some answer holds the same phrase, to the letter
check      the same check said the same of it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from finesift.errors import UsageError
from finesift.review.rows import Edits, Rows
from finesift.views import is_answer

RULES = ("opening", "phrase", "check")
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
        told = {"opening": "begins with", "phrase": "says", "check": "is found by"}[self.name]
        return f"{told} {self.text!r}" + ("" if self.replacement is None else f", now {self.replacement!r}")


def proposed(rows: Rows, example: int) -> list[Rule]:
    """The rules that a row proposes by itself: its opening, and what checks found."""
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
    return [*opening, *(Rule("check", check) for check in found["check"])]


def members(rows: Rows, rule: Rule) -> pl.DataFrame:
    """example: the rows that a rule is about. Raises UsageError where it is none."""
    if rule.name not in RULES or (rule.name == "phrase" and len(rule.text.strip()) < SHORTEST):
        raise UsageError(
            f"a phrase has {SHORTEST} letters or more." if rule.name == "phrase" else "that is no rule."
        )
    if rule.name == "check":
        found = rows.scan("findings").filter(pl.col("check") == rule.text).select("example")
        return found.unique().sort("example").collect()
    answers = rows.scan("turns").filter(is_answer & pl.col("content").is_not_null())
    if rule.name == "phrase":
        held = answers.filter(pl.col("content").str.contains(rule.text, literal=True))
        return held.select("example").unique().sort("example").collect()
    last = answers.group_by("example").agg(pl.col("content").sort_by("turn").last())
    same = last.filter(pl.col("content").str.starts_with(rule.text))
    return same.select("example").sort("example").collect()


def replaced(rows: Rows, rule: Rule, ids: dict[int, str], edits: dict[str, Edits]) -> list[dict[str, Any]]:
    """The corrections that a rule with a replacement makes: id, turn and content. ids: by example."""
    if rule.replacement is None:
        return []
    numbers = pl.Series([*ids], dtype=pl.UInt32)
    turns = rows.scan("turns").filter(
        is_answer & pl.col("example").is_in(numbers.implode()) & pl.col("content").is_not_null()
    )
    made = []
    for example, turn, content in turns.select("example", "turn", "content").collect().iter_rows():
        id_ = ids[example]
        now = edits.get(id_, {}).get(turn, (content,))[0]
        if rule.text in now:
            made.append({"id": id_, "turn": turn, "content": now.replace(rule.text, rule.replacement)})
    return made
