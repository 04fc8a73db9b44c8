"""Checks, run on a corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from finesift.corpus import Corpus
from finesift.findings import FINDINGS
from finesift.match.signs import signed
from finesift.places import places
from finesift.recipe import Recipe
from finesift.registry import Check
from finesift.views import with_questions

Tell = Callable[[str, int, int], None]


def measure(corpus: Corpus, checks: list[Check], recipe: Recipe, tell: Tell | None = None) -> pl.DataFrame:
    """The findings of all checks. Row checks go batch by batch, corpus checks see everything at once."""
    found = [FINDINGS.to_frame()]
    settings = {c.name: recipe.settings_of(c.name, c.settings) for c in checks}
    done, total = 0, corpus.examples.height
    # Where nothing is held out there is nothing to compare with.
    checks = [c for c in checks if corpus.held_out.height or "held_out" not in c.tables]
    by_row = [c for c in checks if c.scope == "row"]
    for batch in corpus.batches():
        tables = batch.tables | {"turns": with_questions(signed(batch.tables["turns"])).collect().lazy()}
        found += pl.collect_all([check(tables, **settings[check.name]) for check in by_row])
        found += elsewhere(batch, by_row, settings)
        done += batch.examples.height
        if tell:
            tell("checking", done, total)
    across = [c for c in checks if c.scope == "corpus"]
    found += pl.collect_all([check(corpus.tables, **settings[check.name]) for check in across])
    found += elsewhere(corpus, across, settings)
    return pl.concat(found).sort("example", "check", "turn", "start", nulls_last=True)


def elsewhere(corpus: Corpus, checks: list[Check], settings: Mapping[str, Any]) -> list[pl.DataFrame]:
    """What checks find in reasoning, tool calls and tools."""
    asked = [check for check in checks if check.everywhere]
    if not asked:
        return []
    return [
        frame
        for place, turns in places(corpus)
        for frame in pl.collect_all(
            [
                check.within(place, corpus.tables | {"turns": turns.lazy()}, **settings[check.name])
                for check in asked
            ]
        )
    ]
