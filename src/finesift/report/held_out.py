"""What a run says about the evaluations that were held out: what was found of them, and what would have been."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

# The checks that compare rows with held-out items.
CHECKS = ("contamination", "restatement")

ENGLISH, LATIN, SCRIPT = "English", "another language in Latin letters", "another script"
# Short words that English does not have, and letters: enough to tell English from the rest, not the rest apart.
_OTHER_WORDS = (
    r"(?i)\b(?:der|die|das|und|ist|nicht|eine|ich|wie|mit|les|des|est|une|dans|pour|que|qui|el|los|las|una|por|con|del|il|che"
    r"|per|non|sono|di|os|uma|não|para|como|het|een|van|niet|hoe|się|nie|jest|det|som|och|är)\b"
)


def languages(items: pl.DataFrame) -> pl.DataFrame:
    """set, kind and items: how many of each set's items are in English, in other Latin letters, in another script."""
    asked = pl.col("question")
    letters, latin = asked.str.count_matches(r"\p{L}"), asked.str.count_matches(r"\p{Latin}")
    others, words = asked.str.count_matches(_OTHER_WORDS), asked.str.count_matches(r"\p{L}+")
    kind = (
        pl.when(latin * 2 < letters)
        .then(pl.lit(SCRIPT))
        .when((words > 0) & (others * 7 >= words))
        .then(pl.lit(LATIN))
        .otherwise(pl.lit(ENGLISH))
    )
    return (
        items.group_by("set", kind=kind)
        .agg(items=pl.len())
        .sort("set", "items", "kind", descending=[False, True, False])
    )


@dataclass(frozen=True)
class Caught:
    """Canaries of one kind."""

    kind: str
    planted: int
    set_aside: int
    review: int


@dataclass(frozen=True)
class HeldOut:
    """One evaluation."""

    name: str
    files: dict[str, str]  # path: SHA-256
    items: int
    touched: int  # items that some row was found to hold, at the limit for review or over it
    rows: dict[str, int]  # rows that were found to hold any, per check
    set_aside: int  # of those rows
    remaining: float  # the largest score of a finding against it in a row that stays, 0 to 1
    encoder: str | None  # that restatements were confirmed with; None: they were only looked for by words
    canaries: list[Caught]
    languages: dict[str, int] = field(default_factory=dict)  # items per kind of language, see `languages`

    @property
    def looked_for(self) -> str:
        """What was looked for in which of its items, and what was not, in a sentence."""
        if not self.languages:
            return ""
        every = "every item was looked for word for word and in n-grams"
        english = self.languages.get(ENGLISH, 0)
        rest = self.items - english
        words = f"in other words {english:,} in English"
        if rest:
            kinds = ", ".join(
                f"{count:,} in {kind}" for kind, count in self.languages.items() if kind != ENGLISH
            )
            words += f"; those of {kinds} only as far as {self.encoder or 'shared words'} can tell"
        return f"{self.name}: {every}, {words}; none in translation, unless an encoder of several languages is named"

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> HeldOut:
        return cls(**{**raw, "canaries": [Caught(**caught) for caught in raw["canaries"]]})


def found(examples: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """set, item, example, id, check and score of each row's strongest finding against each item."""
    named = pl.col("other").str.extract_groups(r"^(?<set>.*):(?<item>\d+)$")
    return (
        findings.filter(pl.col("check").is_in(CHECKS))
        .with_columns(named.struct.unnest())
        .with_columns(pl.col("item").cast(pl.UInt32))
        .sort("score", "check", descending=[True, False])
        .unique(["set", "item", "example"], keep="first", maintain_order=True)
        .join(examples.select("example", "id"), on="example")
        .sort("set", "item", "id")
        .select("set", "item", "example", "id", "check", "score")
    )


def held_out_sets(
    items: pl.DataFrame,
    found_: pl.DataFrame,
    outcomes: pl.DataFrame,
    *,
    files: dict[str, dict[str, str]],
    review: dict[str, float],
    caught: pl.DataFrame,
    encoder: str | None,
) -> list[HeldOut]:
    """items: HELD_OUT. found_: see `found`. outcomes: example, outcome. review: each check's limit for review.
    caught: set, kind, planted, set_aside, review."""
    limit = pl.col("check").replace_strict(review, default=1.0, return_dtype=pl.Float64)
    decided = found_.join(outcomes, on="example").with_columns(reached=pl.col("score") >= limit)
    sets, spoken = [], languages(items)
    for name, count in items.group_by("set", maintain_order=True).len().iter_rows():
        here = decided.filter(pl.col("set") == name)
        reached = here.filter("reached")
        stays = here.filter(pl.col("outcome").cast(pl.String) != "set_aside")
        rows = reached.group_by("check").agg(pl.col("example").n_unique()).sort("check")
        sets.append(
            HeldOut(
                name=name,
                files=files[name],
                items=count,
                touched=reached["item"].n_unique(),
                rows=dict(rows.iter_rows()),
                set_aside=reached.filter(pl.col("outcome").cast(pl.String) == "set_aside")[
                    "example"
                ].n_unique(),
                remaining=round(max(stays["score"].to_list(), default=0.0), 3),
                encoder=encoder,
                canaries=[Caught(*row[1:]) for row in caught.filter(pl.col("set") == name).iter_rows()],
                languages=dict(spoken.filter(pl.col("set") == name).select("kind", "items").iter_rows()),
            )
        )
    return sets
