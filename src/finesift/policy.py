"""From findings to decisions. Pure: the same findings and limits give the same decisions, in any order.

How it decides, in this order:

1. A person's decision stands.
2. A row is set aside for a finding about itself that reaches the limit `set_aside`.
3. Of rows that are the same (checks declared `same`), one stays; which one, the recipe says.
4. Going from the row most worth keeping to the least, a row is set aside if a finding at the limit links it
   to a row that stays. So nothing is set aside on account of a row that is itself set aside, and A~B, B~C
   sets C aside only if C~A was found too.
5. A row that stays and has a finding at the limit `review` is for review, unless that finding is about a row
   that does not stay. A finding about two rows sends both.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from finesift.errors import RecipeError
from finesift.ids import content_id
from finesift.match.cluster import components
from finesift.recipe import Recipe

OUTCOMES = ("keep", "review", "set_aside")
DECISIONS = pl.Schema(
    {
        "example": pl.UInt32(),
        "outcome": pl.Enum(OUTCOMES),
        "check": pl.String(),  # of the finding that decided; null: none did
        "by": pl.String(),  # "policy", or who decided
        "why": pl.String(),
    }
)
KEEP, REVIEW, SET_ASIDE = range(3)
_UNDECIDED = -1
# How the reason of a row begins that is set aside until somebody decides.
HELD = "held for review: "


def decide(
    examples: pl.DataFrame,
    turns: pl.DataFrame,
    findings: pl.DataFrame,
    recipe: Recipe,
    *,
    same: Collection[str] = (),
    persons: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One decision per example.

    same: names of the checks whose findings link equal rows. persons: columns id, outcome, by, why.
    """
    return decide_sized(examples, sizes_of(turns), findings, recipe, same=same, persons=persons)


def sizes_of(turns: pl.DataFrame) -> pl.DataFrame:
    """example, turns and length: its messages, and the bytes of their texts."""
    return turns.group_by("example").agg(
        turns=pl.len(), length=pl.col("content").str.len_bytes().sum().cast(pl.Int64)
    )


def decide_sized(
    examples: pl.DataFrame,
    sizes: pl.DataFrame,
    findings: pl.DataFrame,
    recipe: Recipe,
    *,
    same: Collection[str] = (),
    persons: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """`decide`, from the sizes of rows in place of their turns. Rows that no finding links do not need each other."""
    rank = _rank(examples, sizes, findings, recipe)
    numbers = examples.select("id", position=pl.int_range(pl.len(), dtype=pl.UInt32))
    acted = (
        acting(findings, recipe)
        .join(examples.select("example", "id", row=pl.int_range(pl.len(), dtype=pl.UInt32)), on="example")
        .join(numbers.rename({"id": "other", "position": "other_row"}), on="other", how="left")
        # To the last: which of several findings of one weight is named must not hang on their order.
        .sort(
            *("action", "score", "check", "message", "id", "other", "turn", "start"),
            descending=[True, True, *[False] * 6],
        )
        .drop("id")
    )
    own = acted.filter(pl.col("other_row").is_null())
    linked = acted.filter(pl.col("other_row").is_not_null())
    strong = linked.filter(pl.col("action") == SET_ASIDE)
    is_same = pl.col("check").is_in(list(same))

    verdicts = _Verdicts(examples["id"])
    decided = None if persons is None else persons.join(numbers, on="id").unique("position", keep="last")
    if decided is not None:
        verdicts.by_person(decided)
    verdicts.by_finding(own.filter(pl.col("action") == SET_ASIDE))
    group = _keep_one_each(verdicts, strong.filter(is_same), rank)
    _keep_unlike(verdicts, strong.filter(~is_same), rank, group)
    verdicts.review(own)
    # Either row of a doubtful pair may be the one at fault.
    verdicts.review(pl.concat([linked, linked.with_columns(row="other_row", other_row="row")]))
    return verdicts.frame(examples, hold_reviews=recipe.policy.hold_reviews)


def read_decisions(path: str | Path, ids: pl.Series) -> pl.DataFrame:
    """A person's decisions: JSON lines of id and outcome, and who decided (`by`) and `why`, if they said.

    Returns the columns id, outcome, by, why, for rows of this corpus; the last word on a row counts. Raises RecipeError
    where a line is not a decision, or is about no row here: a typing error would undo a decision unnoticed.
    """
    path, known, decided = Path(path), set(ids), []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as e:
        raise RecipeError(f"{path}: cannot be read ({e.strerror})") from e
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            said = orjson.loads(line)
            decision = {"by": "a person", "why": None, **said}
            id_, outcome = decision["id"], decision["outcome"]
        except (orjson.JSONDecodeError, TypeError, KeyError) as e:
            raise RecipeError(
                f"{path}:{number}: is no decision ({e}).",
                hint='One per line:  {"id": "…", "outcome": "keep", "by": "…", "why": "…"}',
            ) from e
        if outcome not in OUTCOMES:
            raise RecipeError(
                f"{path}:{number}: the outcome is {outcome!r}, not one of {', '.join(OUTCOMES)}."
            )
        if id_ not in known:
            raise RecipeError(
                f"{path}:{number}: no row has the id {id_!r}.",
                hint="An id follows the content; has the row changed?",
            )
        decided.append({name: decision[name] for name in ("id", "outcome", "by", "why")})
    return pl.DataFrame(decided, schema=dict.fromkeys(("id", "outcome", "by", "why"), pl.String))


def acting(findings: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """The findings that reach a limit, with `action`: REVIEW or SET_ASIDE."""
    limits = pl.DataFrame(
        [{"check": name, **recipe.limit(name).model_dump()} for name in findings["check"].unique()],
        schema={"check": pl.String, "review": pl.Float32, "set_aside": pl.Float32},
    )
    action = (
        pl.when(pl.col("score") >= pl.col("set_aside"))
        .then(SET_ASIDE)
        .when(pl.col("score") >= pl.col("review"))
        .then(REVIEW)
        .otherwise(KEEP)
    )
    return findings.join(limits, on="check").with_columns(action=action).filter(pl.col("action") > KEEP)


def _rank(
    examples: pl.DataFrame, sizes: pl.DataFrame, findings: pl.DataFrame, recipe: Recipe
) -> NDArray[np.int64]:
    """int64 [examples]: 0 for the row most worth keeping. By content, so that input order decides only
    between identical rows (and under keep = "first")."""
    measures = (
        examples.lazy()
        .select("example", "id")
        .join(sizes.lazy(), on="example", how="left", maintain_order="left")
        .join(
            findings.lazy().filter(pl.col("other").is_null()).group_by("example").agg(found=pl.len()),
            on="example",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("turns", "length", "found").fill_null(0).cast(pl.Int64))
        .collect()
    )
    order = {
        "fewest_findings": [pl.col("found"), -pl.col("length")],
        "longest": [-pl.col("length")],
        "most_turns": [-pl.col("turns"), -pl.col("length")],
        "first": [],
    }[recipe.policy.keep]
    tie = [] if recipe.policy.keep == "first" else [content_id()]
    places = measures.select(pl.arg_sort_by([*order, *tie, pl.col("example")])).to_series().to_numpy()
    rank = np.empty(len(places), np.int64)
    rank[places] = np.arange(len(places))
    return rank


class _Verdicts:
    """Who is out, and by which finding; rows are positions in the examples frame."""

    def __init__(self, ids: pl.Series) -> None:
        rows = len(ids)
        self.ids = ids
        self.outcome = np.full(rows, KEEP, np.int8)
        self.fixed = np.zeros(rows, bool)
        self.favoured = np.full(rows, -1, np.int64)
        self.check: list[str | None] = [None] * rows
        self.by: list[str] = ["policy"] * rows
        self.why: list[str | None] = [None] * rows

    @property
    def out(self) -> NDArray[np.bool_]:
        return np.equal(self.outcome, SET_ASIDE)

    def by_person(self, decided: pl.DataFrame) -> None:
        for position, outcome, by, why in decided.select("position", "outcome", "by", "why").iter_rows():
            self.outcome[position] = OUTCOMES.index(outcome)
            self.fixed[position] = True
            self.by[position], self.why[position] = by, why

    def by_finding(self, found: pl.DataFrame, outcome: int = SET_ASIDE) -> None:
        """`found` is sorted by weight: the first finding of a row is the one named."""
        for row, check, message in (
            found.unique("row", keep="first").select("row", "check", "message").iter_rows()
        ):
            if not self.fixed[row] and self.outcome[row] < outcome:
                self.outcome[row] = outcome
                self.check[row], self.why[row] = check, message

    def set_aside(self, row: int, check: str, message: str, *, in_favour_of: int) -> None:
        """For its likeness to a row that stays; what a person kept is left alone."""
        if not self.fixed[row]:
            self.outcome[row] = SET_ASIDE
            self.check[row], self.why[row] = check, message
            self.favoured[row] = in_favour_of

    def review(self, found: pl.DataFrame) -> None:
        """Rows that stay, for findings on account of nothing that does not stay."""
        other = found["other_row"].to_numpy() if found["other_row"].null_count() == 0 else None
        stays = np.ones(found.height, bool) if other is None else ~self.out[other]
        self.by_finding(found.filter(pl.Series(stays & ~self.out[found["row"].to_numpy()])), REVIEW)

    def frame(self, examples: pl.DataFrame, *, hold_reviews: bool) -> pl.DataFrame:
        for row in np.flatnonzero(self.favoured >= 0).tolist():
            stays = int(self.favoured[row])
            # The one that stayed of equal rows may itself have given way to one that is nearly equal.
            if self.outcome[stays] == SET_ASIDE:
                stays = int(self.favoured[stays])
            self.why[row] = f"{self.why[row]}; {self.ids[stays]} stays"
        decisions = pl.DataFrame(
            {
                "example": examples["example"],
                "outcome": pl.Series(self.outcome).replace_strict(
                    dict(enumerate(OUTCOMES)), return_dtype=DECISIONS["outcome"]
                ),
                "check": self.check,
                "by": self.by,
                "why": self.why,
            },
            schema=DECISIONS,
        )
        if not hold_reviews:
            return decisions
        held = (pl.col("outcome") == "review") & (pl.col("by") == "policy")
        return decisions.with_columns(
            outcome=pl.when(held).then(pl.lit("set_aside", DECISIONS["outcome"])).otherwise("outcome"),
            why=pl.when(held).then(pl.format(HELD + "{}", "why")).otherwise("why"),
        )


def _keep_one_each(verdicts: _Verdicts, links: pl.DataFrame, rank: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Of each group of equal rows, all but the one that stays are set aside. Returns each row's group."""
    pairs = links.select("row", "other_row").to_numpy().astype(np.uint32)
    group = components(len(rank), pairs)
    if not len(pairs):
        return group
    members = np.flatnonzero(np.isin(group, group[pairs[:, 0]]) & ~verdicts.out)
    # The first of a group in order of rank stays; a row that a person kept comes before all.
    order = members[np.lexsort((rank[members], ~verdicts.fixed[members], group[members]))]
    first = np.r_[True, group[order][1:] != group[order][:-1]] if len(order) else np.zeros(0, bool)
    keeper = order[first]
    stays = np.full(len(rank), -1, np.int64)
    stays[group[keeper]] = keeper
    # A finding tells two rows apart from the rest, so it speaks for either end.
    mirrored = links.with_columns(row="other_row", other_row="row")
    said = pl.concat([links, mirrored]).unique("row", keep="first", maintain_order=True)
    for row, check, message in said.select("row", "check", "message").iter_rows():
        if (kept := int(stays[group[row]])) != row and verdicts.outcome[row] != SET_ASIDE:
            verdicts.set_aside(row, check, message, in_favour_of=kept)
    return group


def _keep_unlike(
    verdicts: _Verdicts, links: pl.DataFrame, rank: NDArray[np.int64], group: NDArray[np.uint32]
) -> None:
    """Greedy by rank: a row goes if it is linked to one that stays. Similarity is a matter of a whole group
    of equal rows, so a link between two rows holds for whichever of their groups' members stays."""
    alive = np.flatnonzero(~verdicts.out)
    stands_for = np.full(len(rank), -1, np.int64)
    stands_for[group[alive]] = alive
    a = stands_for[group[links["row"].to_numpy()]]
    b = stands_for[group[links["other_row"].to_numpy()]]
    finding = np.flatnonzero((a >= 0) & (b >= 0) & (a != b))
    a, b = a[finding], b[finding]
    # What a person kept is never set aside, and outranks the rest.
    rank = rank - np.where(verdicts.fixed & ~verdicts.out, len(rank), 0)
    better = np.where(rank[a] < rank[b], a, b)
    worse = np.where(rank[a] < rank[b], b, a)
    state = np.full(len(rank), _UNDECIDED, np.int8)
    while len(finding):
        waiting = np.zeros(len(rank), bool)
        waiting[worse] = True
        state[better[~waiting[better] & (state[better] == _UNDECIDED)]] = KEEP
        gone = (state[better] == KEEP) & ~verdicts.fixed[worse]
        state[worse[gone]] = SET_ASIDE
        for row, at in zip(worse[gone].tolist(), finding[gone].tolist(), strict=True):
            if verdicts.outcome[row] != SET_ASIDE:
                ends = stands_for[group[links["row"][at]]], stands_for[group[links["other_row"][at]]]
                kept = int(ends[0] if ends[0] != row else ends[1])
                verdicts.set_aside(row, links["check"][at], links["message"][at], in_favour_of=kept)
        # A row that is out sets nothing aside, and a decided one waits for nobody.
        open_ = (state[worse] == _UNDECIDED) & (state[better] != SET_ASIDE) & (state[better] != KEEP)
        finding, better, worse = finding[open_], better[open_], worse[open_]
