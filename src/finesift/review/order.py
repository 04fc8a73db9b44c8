"""Which rows first: those where a decision tells most, then random ones.

Rows for review come first, the nearest to the limit that sent them there before the rest, and rows that are alike
one after another. Then come all others, drawn at random, from each kind of rows (source, deciding check, behaviour,
synthetic) in turn. A lot is drawn at random throughout. Sealed rows are in no order.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from finesift.ids import spread
from finesift.match.cluster import components
from finesift.policy import HELD
from finesift.recipe import Recipe
from finesift.review.lots import members
from finesift.run import Run
from finesift.views import is_synthetic, said

#: The order that is no lot.
FIRST = "first"
#: The table of behaviours, which is there where the recipe has a plan.
PLANNED = "planned"
# What makes a kind of rows, of which the order takes one after another.
_KIND = ("source", "check", "behaviour", "synthetic")
# Rows decided as one are listed, so there are not many.
MOST_ALIKE = 50


class Order:
    """The rows of a run that may be looked at, by their place in `rows`."""

    def __init__(self, run: Run, recipe: Recipe) -> None:
        self._tables, self.seed = run.path / "tables", recipe.review.seed
        self._recipe = recipe
        self._lots: dict[str, NDArray[np.uint32]] = {}
        marked = self._scan("examples").select(
            "example",
            "id",
            pl.col("source").cast(pl.Categorical),
            synthetic=is_synthetic(),
            generator=said("generator"),
        )
        self.rows = (
            marked.with_columns(pl.col("generator").cast(pl.Categorical))
            .join(
                self._scan("splits").select("example", pl.col("fate").cast(pl.Categorical), "sealed"),
                on="example",
            )
            .join(
                self._scan("decisions").select(
                    "example",
                    "outcome",
                    pl.col("check", "by").cast(pl.Categorical),
                    held=pl.col("why").str.starts_with(HELD).fill_null(False) & (pl.col("by") == "policy"),
                ),
                on="example",
            )
            .join(self._behaviours(), on="example", how="left")
            .filter(~pl.col("sealed"))
            .drop("sealed")
            .sort("example")
            .collect()
        )

    def _scan(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(self._tables / f"{name}.parquet")

    def _behaviours(self) -> pl.LazyFrame:
        """example, behaviour: what each row surely is of; of several the surest."""
        if not (self._tables / f"{PLANNED}.parquet").is_file():  # there was no plan
            return pl.LazyFrame(schema={"example": pl.UInt32, "behaviour": pl.Categorical})
        surest = self._scan(PLANNED).sort("sure", "behaviour", descending=[True, False])
        first = surest.unique("example", keep="first", maintain_order=True)
        return first.select("example", pl.col("behaviour").cast(pl.Categorical))

    def place(self, id_: str) -> int | None:
        """Where the row with this id is."""
        found = (self.rows["id"] == id_).arg_true()
        return int(found[0]) if len(found) else None

    def places(self, ids: Iterable[str]) -> NDArray[np.uint32]:
        wanted = pl.DataFrame({"id": list(ids)}, schema={"id": pl.String})
        at = self.rows.lazy().select("id", at=pl.int_range(pl.len(), dtype=pl.UInt32))
        return at.join(wanted.lazy(), on="id", how="semi").collect()["at"].to_numpy()

    def of(self, lot: str) -> NDArray[np.uint32]:
        """uint32 [rows of the lot]: places in their order. Raises RecipeError where there is no such lot."""
        if lot not in self._lots:
            self._lots[lot] = self._first() if lot == FIRST else self._drawn(lot)
        return self._lots[lot]

    def _drawn(self, lot: str) -> NDArray[np.uint32]:
        named = members(lot, self._scan("examples"), self._scan("findings")).select("example")
        # Of a lot that is to be trained on, what a check set aside is no part; of a check's finds, it is.
        trains = (
            pl.lit(True)
            if lot.startswith("check:") or lot == "random"
            else (pl.col("outcome") != "set_aside")
            | (pl.col("by") != "policy")
            | (pl.col("check") == "unreviewed_synthetic")
        )
        rows = self.rows.lazy().with_columns(at=pl.int_range(pl.len(), dtype=pl.UInt32)).filter(trains)
        chosen = rows.join(named, on="example", how="semi").select("at", "id").collect()
        return chosen["at"].to_numpy()[np.argsort(self.chance(chosen["id"], lot), kind="stable")]

    def chance(self, ids: pl.Series, of: str) -> NDArray[np.uint64]:
        # By id, so that a row that is added moves no other.
        numbers = ids.str.head(16).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
        return spread(numbers ^ np.uint64(xxhash.xxh3_64_intdigest(f"{of}\x1f{self.seed}".encode())))

    def _first(self) -> NDArray[np.uint32]:
        asked = self._asked
        at = asked["at"].to_numpy()
        group = self._group_of[at]
        # A group stands where its nearest member stands.
        near = np.full(self.rows.height, np.inf)
        np.minimum.at(near, group, asked["far"].to_numpy())
        first = at[np.lexsort((at, asked["far"].to_numpy(), group, near[group]))]
        is_asked = np.zeros(self.rows.height, bool)
        is_asked[first] = True
        rest = np.flatnonzero(~is_asked).astype(np.uint32)
        others = self.rows.select("id", *_KIND)[rest]
        kind, chance = _kinds(others), self.chance(others["id"], FIRST)
        # The n-th of each kind before the n+1-th of any.
        by_kind = np.lexsort((chance, kind))
        begins = np.flatnonzero(np.diff(kind[by_kind], prepend=-1))
        counts = np.diff(begins, append=len(kind))
        turn = np.empty(len(kind), np.int64)
        turn[by_kind] = np.arange(len(kind)) - np.repeat(begins, counts)
        return np.concatenate([first, rest[np.lexsort((chance, turn))]]).astype(np.uint32)

    @cached_property
    def _asked(self) -> pl.DataFrame:
        """at, example, far: rows for review, and how far their surest finding is above the limit."""
        places = self.rows.with_columns(at=pl.int_range(pl.len(), dtype=pl.UInt32)).filter(
            (pl.col("outcome") == "review") & (pl.col("by") == "policy") | pl.col("held")
        )
        found = (
            self._scan("findings")
            .select("example", "check", "score")
            .join(places.lazy().select("example"), on="example", how="semi")
        )
        limits = {
            name: self._recipe.limit(name).review
            for name in found.select(pl.col("check").unique()).collect()["check"]
        }
        limit = (
            pl.col("check").replace_strict(limits, return_dtype=pl.Float64, default=None)
            if limits
            else pl.lit(None)
        )
        above = found.with_columns(far=pl.col("score") - limit).filter(pl.col("far") >= -1e-6)
        strongest = above.group_by("example").agg(pl.col("far").max())
        return (
            places.lazy()
            .select("at", "example")
            .join(strongest, on="example", how="left", maintain_order="left")
            .with_columns(pl.col("far").fill_null(0.0))
            .collect()
        )

    @cached_property
    def _group_of(self) -> NDArray[np.uint32]:
        """uint32 [rows]: rows for review that are alike have the same number; all others have their own."""
        asked = self._asked
        at = self.rows.lazy().select("id", "example", at=pl.int_range(pl.len(), dtype=pl.UInt32))
        mine = at.join(asked.lazy().select("example"), on="example", how="semi")
        links = (
            self._scan("findings")
            .filter(pl.col("other").is_not_null())
            .select("example", "other")
            .join(mine.select("example", a="at"), on="example")
            .join(mine.select("id", b="at"), left_on="other", right_on="id")
            .select("a", "b")
            .collect()
        )
        return components(self.rows.height, links.to_numpy().astype(np.uint32).reshape(-1, 2))

    def alike(self, place: int) -> list[int]:
        """The other rows for review that are like this one, at most `MOST_ALIKE`."""
        group = self._group_of[place]
        if self._group_sizes[group] < 2:
            return []
        asked = self._asked["at"].to_numpy()
        members = asked[self._group_of[asked] == group][: MOST_ALIKE + 1].tolist()
        return [at for at in members if at != place][:MOST_ALIKE]

    @cached_property
    def _group_sizes(self) -> NDArray[np.int64]:
        """int64 [rows]: how many rows for review are in the group of this name."""
        return np.bincount(self._group_of[self._asked["at"].to_numpy()], minlength=self.rows.height)


def _kinds(rows: pl.DataFrame) -> NDArray[np.int64]:
    """int64 [rows]: a number for each row's kind, 0 or more."""
    number = np.zeros(rows.height, np.int64)
    for name in _KIND:
        codes = rows[name].cast(pl.UInt8) if name == "synthetic" else rows[name].to_physical()
        number = number * (1 + int(codes.max() or 0) + 1) + codes.cast(pl.Int64).fill_null(-1).to_numpy() + 1  # type: ignore[arg-type]
    return number
