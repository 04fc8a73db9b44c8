"""Whether a generated row may stand: it is parsed strictly, and meets what every other row meets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus, normal
from finesift.cover.assign import UNSURE, assign
from finesift.cover.attributes import attributes
from finesift.cover.cover import fits
from finesift.cover.of_run import declining
from finesift.cover.plan import Plan
from finesift.embed.encoder import Embed
from finesift.match.compare import compare
from finesift.measure import measure
from finesift.recipe import Recipe
from finesift.registry import load_checks

#: A row this near to another, as a whole or in what it asks, is no new one.
ALIKE, SAME_REQUEST = 0.5, 0.7
#: Checks that compare rows are answered here, against the set and what was just made; others that need a trainer's
#: template or the whole set say nothing of one row.
_APART = frozenset(
    re.split(
        " ",
        "exact_duplicate near_duplicate near_but_different near_prompt near_answer same_prompt_different_answers "
        "paraphrase_duplicate same_meaning_prompt "
        "length_outlier length_spike label_balance preference_bias unreviewed_synthetic",
    )
)
_BLOCK = re.compile(r"\{.*\}", re.DOTALL)

Message = dict[str, Any]


def parsed(text: str | None) -> list[Message] | None:
    """The messages of an answer: a user's and the assistant's, alternating; None where it is anything else.

    Repaired once: what stands around the outermost braces is left out.
    """
    if not text:
        return None
    for said in (text, *(found[0] for found in [_BLOCK.search(text)] if found)):
        try:
            messages = orjson.loads(said)["messages"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            continue
        return messages if _is_chat(messages) else None
    return None


def _is_chat(messages: object) -> bool:
    if not isinstance(messages, list) or not 2 <= len(messages) <= 20 or len(messages) % 2:
        return False
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            return False
        if message["role"] != ("user", "assistant")[place % 2] or not isinstance(message["content"], str):
            return False
        if not message["content"].strip():
            return False
    return True


class Judge:
    """Says of rows why they may not stand. Rows that may are part of what later ones are compared with.

    corpus: the set, held-out items included. Only its training rows are compared with; held-out items are looked for.
    """

    def __init__(self, corpus: Corpus, plan: Plan, recipe: Recipe, embed: Embed) -> None:
        self._set, self._recipe, self._embed, self._plan = corpus, recipe, embed, plan
        self._made: list[list[Message]] = []
        checks = [
            check for check in load_checks().values() if check.name not in _APART and recipe.runs(check.name)
        ]
        self._checks = [
            check for check in checks if not {"rendered", "problems", "near", "alike"} & set(check.tables)
        ]
        texts, self._owners = plan.texts()
        self._stands = embed(texts)

    def reasons(self, rows: Sequence[list[Message]], wanted: Sequence[str]) -> list[str | None]:
        """Why each may not stand, or None. wanted: the behaviour that each was asked for."""
        if not rows:
            return []
        found: list[str | None] = [None] * len(rows)
        corpus = replace(
            Corpus.of([{"messages": messages} for messages in rows]), held_out=self._set.held_out
        )
        findings = measure(corpus, self._checks, self._recipe).sort("score", descending=True)
        for row, reason in [*self._checked(findings), *self._outcomes(corpus, findings, wanted)]:
            found[row] = found[row] or reason
        names = [one.name for one in self._plan.behaviour]
        assigned = assign(
            self._embed([messages[0]["content"] for messages in rows]), self._stands, self._owners
        )
        for row, (behaviour, sure) in enumerate(zip(assigned.behaviour, assigned.sure, strict=True)):
            if found[row] is None and (names[behaviour] != wanted[row] or sure < UNSURE):
                likest = f"rather {names[behaviour]}" if sure >= UNSURE else "of no behaviour that is sure"
                found[row] = f"plan: {likest}"
        for row, reason in self._copies(rows, found):
            found[row] = reason
        self._made += [messages for messages, reason in zip(rows, found, strict=True) if reason is None]
        return found

    def _checked(self, findings: pl.DataFrame) -> list[tuple[int, str]]:
        """What checks act on, the surest first; refusals are a matter of the outcome."""
        told = []
        acting = findings.filter(pl.col("check") != "refusal").select("example", "check", "score", "message")
        for example, check, score, message in acting.iter_rows():
            least = self._recipe.limit(check).least
            if least is not None and score >= least:
                told.append((example, f"{check}: {message}"))
        return told

    def _outcomes(
        self, corpus: Corpus, findings: pl.DataFrame, wanted: Sequence[str]
    ) -> list[tuple[int, str]]:
        """Answers that do not do what the plan wants of the behaviour: whether one may decline is the plan's word."""
        kinds = {one.name: one.wants for one in self._plan.behaviour}
        refusing = pl.Series(declining(findings), dtype=pl.UInt32)
        outcomes = attributes(corpus.turns, corpus.examples, refusing)
        return [
            (example, f"outcome: it {outcome}, and should {kinds[wanted[example]]}")
            for example, outcome in outcomes.select("example", "outcome").iter_rows()
            if not fits(kinds[wanted[example]], outcome)
        ]

    def _copies(self, rows: Sequence[list[Message]], found: Sequence[str | None]) -> list[tuple[int, str]]:
        """Rows that say what the set says, or what was made before, or what an earlier one of these says."""
        open_ = [row for row, reason in enumerate(found) if reason is None]
        if not open_:
            return []
        made = Corpus.of([{"messages": m} for m in [*self._made, *(rows[row] for row in open_)]])
        shift = self._set.examples.height
        both = replace(
            self._set,
            examples=pl.concat([self._set.examples, made.examples.with_columns(pl.col("example") + shift)]),
            turns=pl.concat([self._set.turns, made.turns.with_columns(pl.col("example") + shift)]),
        )
        first = shift + len(self._made)
        told: dict[int, str] = {}
        keys = both.turns.group_by("example", maintain_order=True).agg(said=normal().str.join("\x1e"))
        asked = (
            both.turns.filter(pl.col("role") == "user")
            .group_by("example", maintain_order=True)
            .agg(said=normal().str.join("\x1e"))
        )
        for frame, reason in ((keys, "duplicate: the same row"), (asked, "duplicate: the same request")):
            again = frame.filter(~pl.col("said").is_first_distinct() & (pl.col("example") >= first))
            told |= {row: reason for row in again["example"].to_list() if row not in told}
        near, _ = compare(both)
        close = near.filter(
            (pl.max_horizontal("example", "other") >= first)
            & ((pl.col("whole") >= ALIKE) | (pl.col("prompt") >= SAME_REQUEST))
        )
        for one, other, whole in close.select("example", "other", "whole").iter_rows():
            late, early = max(one, other), min(one, other)
            if late not in told and early not in told:
                told[late] = f"duplicate: {whole:.0%} the same words as another row"
        return [(open_[row - first], reason) for row, reason in sorted(told.items()) if row >= first]
