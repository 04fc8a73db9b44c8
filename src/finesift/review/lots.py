"""Lots: rows that are trained on once a person's sample says that few enough of them are wrong.

    synthetic         rows that say so of themselves: synthetic = true
    generator:NAME    rows whose field `generator` says so
    source:FILE       rows of a file, as it was named
    check:NAME        rows in which a check found something
    random            all rows

A lot's rows are drawn in an order that its name and a seed fix, so that whoever reads some of it reads a random sample.
Read is a row of which somebody said what it is. A row that was skipped counts as wrong until somebody decides it: else
the doubtful ones would be left out of the sample.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from finesift.errors import RecipeError
from finesift.recipe import Lot
from finesift.review.journal import Journal, judgements, settled
from finesift.review.statistics import Answer, Interval, Sequential, clopper_pearson, sample_size
from finesift.views import is_synthetic, said

#: By which name the policy's decisions say that a lot has not passed.
GATE = "review gate"
KINDS = ("synthetic", "random", "generator:NAME", "source:FILE", "check:NAME")


@dataclass(frozen=True)
class Gate:
    """What the sample of a lot says so far."""

    lot: str
    answer: Answer
    rows: int  # of the lot
    read: int
    errors: int
    skipped: int
    interval: Interval  # of the share of errors, Clopper-Pearson
    beforehand: int  # rows to read, none of them wrong, where the number is fixed before
    more: int  # right rows in a row that would accept it now
    max_error: float
    confidence: float

    @property
    def passed(self) -> bool:
        return self.answer == "accepted"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def told(self) -> dict[str, Any]:
        """The figures, and what they say."""
        return self.as_dict() | {"said": str(self)}

    def __str__(self) -> str:
        said = {
            "accepted": "accepted",
            "rejected": "rejected: read it whole, or leave it out",
            "read on": f"{self.more} more right rows would accept it",
        }[self.answer]
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"lot {self.lot}: {self.errors} of {self.read} rows read were wrong{skipped}; {said}"


def test_of(lot: Lot) -> Sequential:
    risk = 1 - lot.confidence
    return Sequential(lot.good or lot.max_error / 5, lot.max_error, risk, risk)


def members(name: str, examples: pl.LazyFrame, findings: pl.LazyFrame) -> pl.LazyFrame:
    """example: the rows of a lot. examples: with source and extra. Raises RecipeError where there is no such lot."""
    kind, _, of = name.partition(":")
    if kind == "check" and of:
        return findings.filter(pl.col("check") == of).select("example").unique()
    chosen = {
        "random": pl.lit(True),
        "synthetic": is_synthetic(),
        "generator": said("generator") == of,
        "source": pl.col("source") == of,
    }
    if kind not in chosen or (kind in ("generator", "source")) != bool(of):
        raise RecipeError(f"review.lots: {name!r} is no lot.", hint=f"Lots are: {', '.join(KINDS)}.")
    return examples.filter(chosen[kind]).select("example")


def gate(journal: Journal, name: str, lot: Lot, rows: int) -> Gate:
    """rows: how many the lot has that would train."""
    drawn: dict[str, bool] = {}  # in the order in which they were drawn
    for entry in journal.live():
        if entry.lot == name and entry.showing == 0 and entry.id is not None:
            drawn.setdefault(entry.id, True)
    words = dict(settled(journal).select("id", "outcome").iter_rows())
    mended = set(judgements(journal).filter("edited")["id"])
    wrong = {id_: words.get(id_) != "keep" or id_ in mended for id_ in drawn}
    test = test_of(lot)
    errors, read = sum(wrong.values()), len(wrong)
    answer: Answer = test.answer(wrong.values())
    if read >= rows > 0:
        answer = "accepted" if errors <= lot.max_error * rows else "rejected"
    return Gate(
        lot=name,
        answer=answer,
        rows=rows,
        read=read,
        errors=errors,
        skipped=sum(id_ not in words for id_ in drawn),
        interval=clopper_pearson(errors, read, lot.confidence),
        beforehand=sample_size(lot.max_error, lot.confidence, population=rows or None),
        more=min(test.more(wrong.values()), max(0, rows - read)) if answer == "read on" else 0,
        max_error=lot.max_error,
        confidence=lot.confidence,
    )
