"""Conversations of one kind as columns, for templates that write what messages say and never look at it.

Such a template makes of all conversations with the same roles the same text but for the contents (see `opaque.py`), so
no conversation of them need be a Python object: the runs of text that are trained, and those that are not, are columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.chat.conversations import Conversation, conversations
from finesift.chat.opaque import LARGEST
from finesift.chat.skeleton import MOST, Skeleton, Skeletons, beginning
from finesift.corpus import Corpus

#: Conversations of a kind from which on columns cost less than objects do.
LEAST = 64
# What Python takes for blanks, which is more than what Polars does.
_BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
# `beginning` looks no further.
_LOOKED_AT = 402
_BESIDE = ("reasoning", "tool_calls", "tool_call_id", "name")


@dataclass(frozen=True)
class Alike:
    """Conversations of a batch that are of one kind. examples: uint32 [N]. segments: text of the skeleton's segments,
    each [N]."""

    examples: NDArray[np.uint32]
    skeleton: Skeleton
    segments: list[pl.Series]

    @cached_property
    def edges(self) -> list[tuple[str, list[str]]]:
        """Where no mark parts two segments: what precedes, and the beginning of each text that follows; "" where that
        is long."""
        return [
            (tail, [beginning(text) for text in self.segments[number].str.head(_LOOKED_AT).to_list()])
            for number, tail in self.skeleton.tails
        ]

    def only(self, kept: NDArray[np.bool_]) -> Alike:
        """Those that are kept."""
        if kept.all():
            return self
        return Alike(self.examples[kept], self.skeleton, [one.filter(kept) for one in self.segments])


def alike(batch: Corpus, skeletons: Skeletons, flagged: set[int]) -> tuple[list[Alike], Corpus]:
    """What of a batch goes as columns, and the rest of it. flagged: examples that are to be looked at one by one."""
    kinds = _kinds(batch, flagged)
    # Plain text needs no template, and is of no kind.
    how = skeletons.finder(None).template.writes if kinds else None
    if how is None:
        return [], batch
    found: list[Alike] = []
    for examples in kinds:
        turns = batch.turns.filter(pl.col("example").is_in(pl.Series(examples).implode()))
        first = next(conversations(part_of(batch, examples[:1])))
        skeleton = skeletons.of(first)
        if skeleton is None or skeleton.problems:
            continue
        kind = Alike(examples, skeleton, _segments(turns, first, skeleton, trimmed=how == "trimmed"))
        found.append(kind.only(_begun(kind)))
    if not found:
        return [], batch
    taken = pl.Series(np.concatenate([kind.examples for kind in found]))
    rest = batch.examples.filter(~pl.col("example").is_in(taken.implode()))
    return found, part_of(batch, rest["example"].to_numpy())


def part_of(batch: Corpus, examples: NDArray[np.uint32]) -> Corpus:
    """These examples of a batch, as far as conversations are made from them."""
    kept = pl.col("example").is_in(pl.Series(examples).implode())
    return replace(batch, examples=batch.examples.filter(kept), turns=batch.turns.filter(kept))


def _kinds(batch: Corpus, flagged: set[int]) -> list[NDArray[np.uint32]]:
    """Examples that are all texts of the same roles, kind by kind."""
    plain = (pl.col("content").str.len_bytes() > 0) & (pl.col("part") == "messages")
    for column in _BESIDE:
        plain &= pl.col(column).is_null()
    says = pl.col("train").cast(pl.Int8).cast(pl.String).fill_null("-")
    by_example = batch.turns.group_by("example", maintain_order=True).agg(
        pl.len().alias("messages"),
        plain.fill_null(value=False).all().alias("plain"),
        pl.col("content").str.len_chars().sum().alias("characters"),
        (pl.col("role").to_physical().cast(pl.String) + says).str.join(" ").alias("kind"),
    )
    own = batch.examples.filter(
        (pl.col("shape") != "text") & pl.col("tools").is_null() & pl.col("label").is_null()
    )
    kinds = (
        by_example.join(own.select("example"), on="example", how="semi", maintain_order="left")
        .filter("plain", pl.col("messages") <= MOST, pl.col("characters") < LARGEST)
        .filter(~pl.col("example").is_in(pl.Series(sorted(flagged), dtype=pl.UInt32).implode()))
    )
    return [
        of_kind["example"].to_numpy()
        for _, of_kind in kinds.group_by(["kind"], maintain_order=True)
        if of_kind.height >= LEAST
    ]


def _segments(
    turns: pl.DataFrame, first: Conversation, skeleton: Skeleton, *, trimmed: bool
) -> list[pl.Series]:
    contents = turns["content"]
    if trimmed:
        contents = contents.str.strip_chars(_BLANKS)
    count = len(first.messages)
    columns = [contents.gather_every(count, number).alias(str(number)) for number in range(count)]
    parts = [
        pl.concat_str(
            [pl.lit(part) if isinstance(part, str) else pl.col(str(part)) for part in one.parts]
        ).alias(f"segment {number}")
        for number, one in enumerate(skeleton.segments)
    ]
    filled = pl.DataFrame(columns)
    # A segment of the template's words alone is as long as the others.
    return [pl.Series(values) for values in filled.with_columns(parts).select("^segment .*$").get_columns()]


def _begun(kind: Alike) -> NDArray[np.bool_]:
    """Which of them begin after an edge with what a token could reach into."""
    begun = np.ones(len(kind.examples), bool)
    for _, beginnings in kind.edges:
        begun &= np.fromiter(map(bool, beginnings), bool, len(beginnings))
    return begun
