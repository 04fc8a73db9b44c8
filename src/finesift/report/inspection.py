"""What a first look at data shows: the summary, each file by itself, what is not used, what to do next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from finesift.corpus import Corpus
from finesift.read.conversations.shapes import NAMES
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
    layout: str = ""  # what most of its rows were read as; "" where none could be
    share: float = 0.0  # of all its rows, that were, without a field or text that may mean something else
    doubts: dict[str, int] = field(default_factory=dict)  # rows that were, by what may be otherwise
    shown: Shown | None = None  # its first row that could be read


_LONGEST_SHOWN, _MOST_SHOWN = 160, 6
# Notes of reading after which a row may mean something else than what it was read as.
_DOUBTS = {
    "competing_fields": "two fields could be the same thing",
    "unread_field": "a field that sounds like training was not used",
    "unread_label": "a label was not understood",
    "unread_flag": "a flag was not understood",
    "unanswered": "no answer was found",
}


@dataclass(frozen=True)
class Shown:
    """A row before and after: its bytes, cut to so many characters, and its messages likewise, each with who speaks."""

    row: int
    before: str
    after: list[tuple[str, str]]


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
    """ignored: rows that have a field that nothing uses, by its name; a message's stands as messages[].NAME.

    drawn: rows that were rendered and checked, and compared with no other; None: all were, and with one another. What
    the summary says of findings, tokens and masks, and `next` of rows that can be read, holds for these.
    """

    summary: Summary
    files: dict[str, File]
    ignored: dict[str, int]
    next: Next
    drawn: int | None = None

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


def inspection(
    summary: Summary, corpus: Corpus, decisions: pl.DataFrame, *, drawn: int | None = None
) -> Inspection:
    """decisions: of the rows that were checked. drawn: how many that are, where not all."""
    aside = decisions.filter(pl.col("outcome") == "set_aside").height
    unshaped = corpus.unreadable.filter(pl.col("error").str.starts_with("no known shape"))
    return Inspection(
        summary,
        files=_files(corpus),
        ignored=summary.unused,
        next=Next(
            keep=decisions.height - aside,
            review=summary.reviews,
            set_aside=aside,
            unreadable=corpus.unreadable.height,
            suggestion=suggest(unshaped["raw"]),
        ),
        drawn=drawn,
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
            **_layout(corpus, here, len(shapes) + unreadable),
            shown=_shown(corpus, here),
        )
    return found


def _layout(corpus: Corpus, here: pl.Expr, rows: int) -> dict[str, Any]:
    """What most rows of a file were read as, how sure that is, and why it may be otherwise."""
    examples = corpus.examples.filter(here)
    named = (
        corpus.notes.filter(pl.col("kind") == "layout")
        .group_by("example")
        .agg(pl.col("message").str.join(", "))
    )
    read_as = examples.join(named, on="example", how="left", maintain_order="left").select(
        "example", name=pl.coalesce("message", pl.col("shape").replace(NAMES))
    )
    names = counts(read_as["name"])
    if not names:
        return {}
    layout = next(iter(names))
    of_it = read_as.filter(pl.col("name") == layout)
    doubted = corpus.notes.filter(pl.col("kind").is_in(list(_DOUBTS))).join(of_it, on="example", how="semi")
    by_kind = doubted.unique(["example", "kind"], maintain_order=True)["kind"].replace(_DOUBTS)
    sure = of_it.height - doubted["example"].n_unique()
    return {"layout": layout, "share": sure / rows, "doubts": counts(by_kind)}


def _shown(corpus: Corpus, here: pl.Expr) -> Shown | None:
    first = corpus.examples.filter(here).head(1)
    if first.is_empty():
        return None
    example, row = first.select("example", "row").row(0)
    raw = corpus.originals.filter(pl.col("example") == example)["raw"][0]
    turns = corpus.turns.filter(pl.col("example") == example)
    after = [
        (str(role) if part == "messages" else f"{role}, {part}", _cut(_said(*said)))
        for role, part, *said in turns.select("role", "part", "content", "reasoning", "tool_calls", "media")
        .head(_MOST_SHOWN)
        .iter_rows()
    ]
    if turns.height > _MOST_SHOWN:
        after.append(("…", f"{turns.height - _MOST_SHOWN:,} more"))
    return Shown(row, _cut(raw[: 4 * _LONGEST_SHOWN].decode("utf-8", "replace")), after)


def _said(content: str | None, reasoning: str | None, calls: str | None, media: str | None) -> str:
    beside = "(with a picture or file)" if media else ""
    parts = [
        beside,
        f"<think> {reasoning}" if reasoning else "",
        content or "",
        f"calls {calls}" if calls else "",
    ]
    return " ".join(part for part in parts if part)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
