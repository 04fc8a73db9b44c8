"""What people decided, as the policy takes it: their words, the corrected texts, and the lots that did not pass."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.policy import read_decisions
from finesift.recipe import Recipe
from finesift.review.agreement import between
from finesift.review.journal import Journal, edits, is_journal, judgements, settled
from finesift.review.lots import GATE, Gate, gate, members
from finesift.tables import EDITS


@dataclass(frozen=True)
class Applied:
    """persons: id, outcome, by, why. journal: None where the decisions are a plain list, or there are none."""

    persons: pl.DataFrame | None
    journal: Journal | None

    @classmethod
    def load(cls, file: str | None, ids: pl.Series) -> Applied:
        """The decisions in a file; of a journal those on rows that are here. Raises RecipeError and RunError."""
        if file is None:
            return cls(None, None)
        if not is_journal(Path(file)):
            return cls(read_decisions(file, ids), None)
        journal = Journal(Path(file))
        persons = settled(journal)
        return cls(persons.filter(pl.col("id").is_in(ids.implode())), journal)

    def gates(
        self, corpus: Corpus, findings: pl.DataFrame, would: pl.DataFrame, recipe: Recipe
    ) -> list[Gate]:
        """How each lot of the recipe stands. would: decisions as they are without gates."""
        journal = self.journal or Journal(Path(os.devnull))  # nobody has read anything
        return [
            gate(journal, name, lot, lot_of(name, corpus, findings, would).height)
            for name, lot in recipe.review.lots.items()
        ]

    def held(self, corpus: Corpus, findings: pl.DataFrame, gates: list[Gate]) -> pl.DataFrame:
        """id, outcome, by, why: rows of lots that have not passed, but for those that a person decided on."""
        parts = [_NONE]
        for one in gates:
            if not one.passed:
                rows = members(one.lot, corpus.examples.lazy(), findings.lazy()).collect()
                ids = corpus.examples.join(rows, on="example", how="semi", maintain_order="left").select("id")
                parts.append(
                    ids.with_columns(outcome=pl.lit("set_aside"), by=pl.lit(GATE), why=pl.lit(str(one)))
                )
        held = pl.concat(parts).unique("id", keep="first", maintain_order=True)
        return (
            held
            if self.persons is None
            else held.join(self.persons, on="id", how="anti", maintain_order="left")
        )

    def passed(self, corpus: Corpus, findings: pl.DataFrame, gates: list[Gate]) -> pl.Series:
        """The numbers of the rows of lots that have passed."""
        parts = [pl.Series("example", [], pl.UInt32)]
        parts += [
            members(one.lot, corpus.examples.lazy(), findings.lazy()).collect()["example"]
            for one in gates
            if one.passed
        ]
        return pl.concat(parts).unique()

    @property
    def corrections(self) -> str | None:
        """Names the corrections: findings were measured under one such name. None: there are none."""
        changed = {} if self.journal is None else edits(self.journal)
        said = sorted(
            (id_, turn, text) for id_, turns in changed.items() for turn, (text, _) in turns.items()
        )
        return sha256(orjson.dumps(said)).hexdigest() if said else None

    def about(self, corpus: Corpus, gates: list[Gate]) -> dict[str, Any] | None:
        """For the manifest: who decided what, and what follows from it."""
        if self.journal is None:
            return {"lots": [one.as_dict() for one in gates]} if gates else None
        words = judgements(self.journal)
        changed = edits(self.journal)
        here = set(corpus.examples["id"])
        return {
            "journal": {"lines": len(self.journal.entries), "head": self.journal.head},
            "rows": words["id"].n_unique(),
            "elsewhere": len(set(words["id"]) - here),
            "people": sorted(words["by"].unique()),
            "edited": sorted(id_ for id_ in changed if id_ in here),
            "corrections": self.corrections,
            "agreement": between(words),
            "lots": [one.told() for one in gates],
        }


_NONE = pl.DataFrame(schema=dict.fromkeys(("id", "outcome", "by", "why"), pl.String))


def lot_of(name: str, corpus: Corpus, findings: pl.DataFrame, would: pl.DataFrame) -> pl.DataFrame:
    """example: the rows of a lot that would train."""
    rows = members(name, corpus.examples.lazy(), findings.lazy()).collect()
    kept = would.filter((pl.col("outcome") != "set_aside") | (pl.col("by") != "policy"))
    return rows.join(kept.select("example"), on="example", how="semi")


def accepted(journal: Journal) -> pl.Series:
    """The ids of rows that people keep."""
    words = settled(journal)
    return words.filter(pl.col("outcome") == "keep")["id"]


def edited(corpus: Corpus, journal: Journal | None) -> tuple[Corpus, pl.DataFrame]:
    """The corpus with people's corrections in place of what they correct, and these: EDITS. Ids and originals stay."""
    changed = {} if journal is None else edits(journal)
    if not changed:
        return corpus, EDITS.to_frame()
    numbers = dict(
        corpus.examples.filter(pl.col("id").is_in(list(changed))).select("id", "example").iter_rows()
    )
    new = pl.DataFrame(
        [
            {"example": numbers[id_], "turn": turn, "after": text, "by": entry.by, "why": entry.why}
            for id_, by_turn in changed.items()
            if id_ in numbers
            for turn, (text, entry) in by_turn.items()
        ],
        schema={name: kind for name, kind in EDITS.items() if name != "before"},
    )
    made = new.join(
        corpus.turns.select("example", "turn", before="content"),
        on=["example", "turn"],
        maintain_order="left",
    )
    turns = corpus.turns.join(
        new.select("example", "turn", "after"), on=["example", "turn"], how="left", maintain_order="left"
    )
    turns = turns.with_columns(content=pl.coalesce("after", "content")).drop("after")
    return replace(corpus, turns=turns), made.select(EDITS.names())
