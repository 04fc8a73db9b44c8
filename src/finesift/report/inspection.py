"""What a first look at data shows: the summary, each file by itself, what is not used, what to do next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from finesift.corpus import Corpus
from finesift.read.conversations.suggest import Suggestion, suggest
from finesift.report.summary import Summary, counts, quantiles


@dataclass(frozen=True)
class File:
    """One file, or one member of an archive."""

    rows: int  # unreadable ones included
    unreadable: int
    shapes: dict[str, int]  # rows
    roles: dict[str, int]  # messages
    turns: dict[str, int]  # quantiles of messages per row


@dataclass(frozen=True)
class Next:
    """What `prep` would do with the rows as they are. Rows for review are kept, unless the recipe holds them."""

    keep: int
    review: int
    set_aside: int
    unreadable: int
    suggestion: Suggestion | None


@dataclass(frozen=True)
class Inspection:
    """ignored: rows that have a field that nothing uses, by its name; a message's stands as messages[].NAME."""

    summary: Summary
    files: dict[str, File]
    ignored: dict[str, int]
    next: Next

    @property
    def rows(self) -> int:
        return self.summary.rows

    @property
    def shapes(self) -> dict[str, int]:
        return self.summary.shapes

    def as_dict(self) -> dict[str, Any]:
        """The summary's figures, and beside them these."""
        own = {name: value for name, value in asdict(self).items() if name != "summary"}
        return self.summary.as_dict() | own


def inspection(summary: Summary, corpus: Corpus, decisions: pl.DataFrame) -> Inspection:
    aside = decisions.filter(pl.col("outcome") == "set_aside").height
    unshaped = corpus.unreadable.filter(pl.col("error").str.starts_with("no known shape"))
    return Inspection(
        summary,
        files=_files(corpus),
        ignored=summary.unused,
        next=Next(
            keep=corpus.examples.height - aside,
            review=summary.reviews,
            set_aside=aside,
            unreadable=corpus.unreadable.height,
            suggestion=suggest(unshaped["raw"]),
        ),
    )


def _files(corpus: Corpus) -> dict[str, File]:
    sources = corpus.examples.select("example", "source")
    turns = corpus.turns.select("example", "role").join(sources, on="example", maintain_order="left")
    lengths = turns.group_by("source", "example").len()
    found: dict[str, File] = {}
    for source in pl.concat([sources["source"], corpus.unreadable["source"]]).unique(maintain_order=True):
        here = pl.col("source") == source
        shapes = corpus.examples.filter(here)["shape"]
        unreadable = corpus.unreadable.filter(here).height
        found[source] = File(
            rows=len(shapes) + unreadable,
            unreadable=unreadable,
            shapes=counts(shapes),
            roles=counts(turns.filter(here)["role"].cast(pl.String)),
            turns=quantiles(lengths.filter(here)["len"]),
        )
    return found
