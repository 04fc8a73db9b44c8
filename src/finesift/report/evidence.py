"""What the report quotes: figures and a few rows from a run's tables, read by lazy scans.

Never quoted are rows of the sealed test set, of which the tables hold no text, and rows in which a secret was
found, whatever else was found in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from finesift.recipe import Recipe
from finesift.report.held_out import CHECKS as HELD_OUT_CHECKS
from finesift.report.summary import counts

BINS = 20  # of scores, so that most limits stand at an edge
STRONGEST, NEAREST, BELOW = 2, 2, 1  # examples of each check: by score, just over its limit, just under it
HELD_OUT_PICKS = 4  # of each held-out set
CLUSTERS = 4  # whose rows are shown side by side
REVIEWED = 300  # rows for review that stand in the report; the review page has all
# Characters kept of a text, before spans are looked for in it.
LONGEST = 20_000


@dataclass(frozen=True)
class Row:
    """A row that may be quoted. messages: example, turn, part, role, content, tool_calls."""

    example: int
    id: str
    source: str
    row: int
    fate: str
    outcome: str
    messages: list[dict[str, Any]] = field(default_factory=list)

    def text(self, turn: int | None) -> str:
        """Of one message, or of all of them."""
        said = [m["content"] for m in self.messages if turn is None or m["turn"] == turn]
        return "\n\n".join(text for text in said if text)


class Evidence:
    """The tables of a run folder, as far as they may be quoted. Raises what Polars raises where one is damaged."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder, self._recipe = folder / "tables", recipe

    def _scan(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(self._folder / f"{name}.parquet")

    @cached_property
    def secret(self) -> pl.Series:
        """Numbers of the examples that must not be quoted."""
        found_ = self._scan("findings").filter(pl.col("check") == "secrets").select("example")
        return found_.unique().sort("example").collect()["example"]

    @cached_property
    def _decided(self) -> pl.LazyFrame:
        return self._scan("splits").join(
            self._scan("decisions").select("example", "outcome", "check", "by"), on="example"
        )

    @cached_property
    def flows(self) -> list[tuple[str, str, int]]:
        """source, fate, rows: of rows that could be read."""
        both = self._scan("examples").select("example", "source").join(self._decided, on="example")
        counted = both.group_by("source", pl.col("fate").cast(pl.String)).len().collect()
        return list(counted.sort("len", "source", "fate", descending=[True, False, False]).iter_rows())

    @cached_property
    def reviewed(self) -> dict[str, int]:
        """Rows for review, by fate."""
        return counts(self._decided.filter(pl.col("outcome") == "review").collect()["fate"].cast(pl.String))

    @cached_property
    def reasons(self) -> dict[str, int]:
        """Rows set aside, by the check that decided or the person."""
        aside = self._decided.filter(pl.col("outcome") == "set_aside")
        return counts(aside.select(reason=pl.coalesce("check", pl.lit("a person"))).collect()["reason"])

    @cached_property
    def _strongest(self) -> pl.DataFrame:
        """check, example, score, told: the largest score of each row by each check."""
        return (
            self._scan("findings")
            .group_by("check", "example")
            .agg(pl.col("score").max(), told=pl.col("message").is_not_null().any())
            .collect()
        )

    @cached_property
    def scores(self) -> dict[str, list[int]]:
        """Rows of each check by their largest score, in `BINS` equal bins from 0 to 1."""
        place = (pl.col("score") * BINS + 1e-4).floor().clip(0, BINS - 1).cast(pl.Int64)
        counted = self._strongest.group_by("check", place=place).len()
        bins: dict[str, list[int]] = {}
        for check, at, rows in counted.iter_rows():
            bins.setdefault(check, [0] * BINS)[at] = rows
        return bins

    @cached_property
    def picks(self) -> dict[str, list[dict[str, Any]]]:
        """Findings to show of each check: the strongest, those just over its lowest limit, and one just under it."""
        chosen = []
        open_ = self._strongest.filter("told")
        for (check,), rows in open_.partition_by("check", as_dict=True, include_key=True).items():
            if check != "secrets":
                rows = rows.filter(~pl.col("example").is_in(self.secret.implode()))
            lowest = [at for _, at in self._recipe.limit(str(check)) if at is not None]
            over = rows.filter(pl.col("score") >= min(lowest)) if lowest else rows
            parts = [over.sort("score", "example", descending=[True, False]).head(STRONGEST)]
            if lowest:
                under = rows.filter(pl.col("score") < min(lowest))
                parts += [
                    over.sort("score", "example", descending=[False, True]).head(NEAREST),
                    under.sort("score", "example", descending=[True, False]).head(BELOW),
                ]
            chosen.append(pl.concat(parts))
        if not chosen:
            return {}
        wanted = pl.concat(chosen).unique()
        found_ = (
            self._scan("findings")
            .filter(pl.col("example").is_in(wanted["example"].unique().implode()))
            .join(wanted.lazy().select("check", "example", "score"), on=["check", "example", "score"])
            .sort("check", "example", "turn", "start", "other", "message", nulls_last=True)
            .unique(["check", "example"], keep="first", maintain_order=True)
            .sort("check", "score", "example", descending=[False, True, False])
            .collect()
        )
        by: dict[str, list[dict[str, Any]]] = {}
        for one in found_.iter_rows(named=True):
            by.setdefault(one["check"], []).append(one)
        return by

    def for_review(self) -> list[dict[str, Any]]:
        """Findings of the rows for review that may be looked at, one a row; some of each check where they are many.

        A row that a finding of another row sent here has one without a place. Rows with secrets are among them.
        """
        asked = (
            self._scan("decisions")
            .filter(pl.col("outcome") == "review")
            .join(self._scan("splits").filter(~pl.col("sealed")).select("example"), on="example")
            .join(self._scan("examples").select("example", "id", "source", "row"), on="example")
            .select("example", "check", "why", id_="id", place=pl.format("{}:{}", "source", "row"))
            .collect()
        )
        found_ = (
            self._scan("findings")
            .filter(pl.col("example").is_in(asked["example"].implode()))
            .sort("score", "turn", "start", descending=[True, False, False], nulls_last=True)
            .unique(["example", "check"], keep="first", maintain_order=True)
            .select("example", "check", "turn", "start", "end", "score", "other", "message")
            .collect()
        )
        both = asked.join(found_, on=["example", "check"], how="left", maintain_order="left")
        both = both.with_columns(message=pl.coalesce("message", "why", pl.lit("for review")))
        chosen = (
            both.sort("score", "example", descending=[True, False], nulls_last=True)
            .with_columns(nth=pl.int_range(pl.len()).over("check"))
            .sort("nth", "check", maintain_order=True)
            .head(REVIEWED)
            .sort("check", "nth")
        )
        return chosen.to_dicts()

    def spikes(self) -> list[str]:
        """What the check of that name says about lengths that many rows have."""
        said = self._scan("findings").filter(pl.col("check") == "length_spike").drop_nulls("message")
        return said.select("message").unique().sort("message").collect()["message"].to_list()

    def contaminated(self, set_: str) -> list[dict[str, Any]]:
        """The strongest findings against items of a held-out set, one for each item."""
        against = pl.col("other").str.starts_with(f"{set_}:")
        named = (
            self._scan("findings")
            .filter(pl.col("check").is_in(HELD_OUT_CHECKS) & against)
            .drop_nulls("message")
            .filter(~pl.col("example").is_in(self.secret.implode()))
            .sort(
                "score", "example", "check", "turn", "start", descending=[True, *[False] * 4], nulls_last=True
            )
            .unique("other", keep="first", maintain_order=True)
        )
        # The strongest say the most about what was found, the weakest about the limit.
        both = named.collect()
        half = HELD_OUT_PICKS // 2
        return pl.concat([both.head(half), both.slice(half).tail(half)]).to_dicts()

    def items(self, names: list[str]) -> dict[str, str]:
        """The texts of held-out items, by NAME:ITEM."""
        name = pl.format("{}:{}", "set", "item")
        text = pl.concat_str("question", "options", "answer", separator="\n\n", ignore_nulls=True)
        found_ = self._scan("held_out").select(name=name, text=text.str.slice(0, LONGEST))
        return dict(found_.filter(pl.col("name").is_in(names)).collect().iter_rows())

    def views(self) -> list[dict[str, Any]]:
        """Rows as the model reads them, as `chat.view.VIEWS`."""
        shut = self._scan("examples").filter(pl.col("example").is_in(self.secret.implode()))
        return self._scan("masks").join(shut.select("id"), on="id", how="anti").collect().to_dicts()

    def numbers(self, ids: list[str]) -> list[int]:
        """The numbers of examples, by id."""
        found_ = self._scan("examples").filter(pl.col("id").is_in(ids)).select("example")
        return found_.collect()["example"].to_list()

    def rows(self, examples: set[int]) -> dict[int, Row]:
        """The rows with these numbers that may be quoted; of sealed ones, and of those with secrets, nothing."""
        wanted = pl.Series(sorted(examples - set(self.secret)), dtype=pl.UInt32)
        this = pl.col("example").is_in(wanted.implode())
        about = (
            self._scan("examples")
            .filter(this)
            .select("example", "id", "source", "row")
            .join(self._scan("splits").filter(this & ~pl.col("sealed")), on="example")
            .join(self._scan("decisions").filter(this).select("example", "outcome"), on="example")
            .select(
                "example",
                "id",
                "source",
                "row",
                pl.col("fate").cast(pl.String),
                pl.col("outcome").cast(pl.String),
            )
            .collect()
        )
        rows = {row[0]: Row(*row) for row in about.iter_rows()}
        turns = (
            self._scan("turns")
            .filter(this)
            .select("example", "turn", "part", "role", pl.col("content", "tool_calls").str.slice(0, LONGEST))
            .sort("example", "turn")
            .collect()
        )
        for message in turns.iter_rows(named=True):
            if message["example"] in rows:
                rows[message["example"]].messages.append(message)
        return rows
