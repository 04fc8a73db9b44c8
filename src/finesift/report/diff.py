"""Two runs side by side: rows gained and lost, rows whose fate is another, and why. Rows are matched by id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from finesift.recipe import Recipe
from finesift.report.summary import Summary
from finesift.tables import EDITS

if TYPE_CHECKING:
    from finesift.run import Run

_STATE = ("fate", "outcome", "check", "by", "why")
# Rows shown for each kind of change; the rest is counted.
SHOWN = 3


@dataclass(frozen=True)
class Figure:
    """One number of the two runs."""

    name: str
    before: int
    after: int


@dataclass(frozen=True)
class Setting:
    """Something that the runs were made with, where they differ; None: not there."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """Rows that went from one place to another for one reason."""

    before: str  # the fate, and " for review" where a person should look
    after: str
    reason: str
    rows: int
    ids: list[str]  # the first few


@dataclass(frozen=True)
class Diff:
    """What is different in the second run. Frames hold no text of sealed rows, as the runs' tables do."""

    figures: list[Figure]
    settings: list[Setting]
    gained: pl.DataFrame  # id, source, row, fate, outcome, check, by, why: rows of the second run only
    lost: pl.DataFrame  # the same, of the first run only
    changed: pl.DataFrame  # the same as they are now, and fate_before, outcome_before, …, reason
    # id, source, row, turn, before, after, by, why, quotable: texts that people corrected since, or otherwise.
    edited: pl.DataFrame

    @property
    def changes(self) -> list[Change]:
        """Kinds of change, the most frequent first."""
        review = pl.lit(" for review")
        places = {
            name: pl.concat_str(fate, pl.when(pl.col(outcome) == "review").then(review).otherwise(pl.lit("")))
            for name, fate, outcome in (
                ("before", "fate_before", "outcome_before"),
                ("after", "fate", "outcome"),
            )
        }
        grouped = (
            self.changed.with_columns(**places)
            .group_by("before", "after", "reason")
            .agg(rows=pl.len(), ids=pl.col("id").sort().head(SHOWN))
            .sort("rows", "before", "after", "reason", descending=[True, False, False, False])
        )
        return [Change(*row) for row in grouped.iter_rows()]

    def as_dict(self) -> dict[str, Any]:
        return {
            "figures": [asdict(figure) for figure in self.figures],
            "settings": [asdict(setting) for setting in self.settings],
            "changes": [asdict(change) for change in self.changes],
            "gained": self.gained.to_dicts(),
            "lost": self.lost.to_dicts(),
            "changed": self.changed.to_dicts(),
            "edited": self.edited.drop("quotable").to_dicts(),
        }


def diff(before: Run, after: Run) -> Diff:
    """Compares two runs, of the same data or of different data. Raises RunError where a table is damaged."""
    old, new = _rows(before), _rows(after)
    both = new.join(
        old.select("id", pl.col(_STATE).name.suffix("_before")), on="id", maintain_order="left"
    ).filter((pl.col("fate") != pl.col("fate_before")) | (pl.col("outcome") != pl.col("outcome_before")))
    return Diff(
        figures=list(_figures(before, after)),
        settings=list(_settings(before.manifest, after.manifest)),
        gained=new.join(old, on="id", how="anti", maintain_order="left"),
        lost=old.join(new, on="id", how="anti", maintain_order="left"),
        changed=both.with_columns(reason=_reason()),
        edited=_edits(after).join(
            _edits(before), on=["id", "turn", "after"], how="anti", maintain_order="left"
        ),
    )


def _edits(run: Run) -> pl.DataFrame:
    """Corrections that stand in a run, but for sealed rows; quotable: no secret was found in the row."""
    edits = run.table("edits") if (run.path / "tables/edits.parquet").is_file() else EDITS.to_frame()
    secret = run.table("findings").filter(pl.col("check") == "secrets")["example"].unique()
    return (
        run.table("examples")
        .select("example", "id", "source", "row")
        .join(edits, on="example", maintain_order="left_right")
        .with_columns(quotable=~pl.col("example").is_in(secret.implode()))
        .drop("example")
    )


def _rows(run: Run) -> pl.DataFrame:
    decided = run.table("decisions").select(
        "example", pl.col("outcome").cast(pl.String), "check", "by", "why"
    )
    return (
        run.table("examples")
        .select("example", "id", "source", "row")
        .join(run.table("splits").select("example", "fate"), on="example", maintain_order="left")
        .join(decided, on="example", maintain_order="left")
        .select("id", "source", "row", *_STATE)
    )


def _reason() -> pl.Expr:
    """What decided it now; where that is nothing, what did before; else it is the split that differs."""
    return (
        pl.when(pl.col("by") != "policy")
        .then(pl.format("decided by {}", "by"))
        .when(pl.col("by_before") != "policy")
        .then(pl.format("no longer decided by {}", "by_before"))
        .when(pl.col("outcome") == pl.col("outcome_before"))
        .then(pl.lit("the split"))
        .when(pl.col("check").is_not_null())
        .then("check")
        .otherwise(pl.format("no longer {}", "check_before"))
    )


def _figures(before: Run, after: Run) -> Iterator[Figure]:
    """Side by side, in the order of the summary; a check that saw nothing in either run is not there."""
    old, new = (_named(Summary.from_dict(run.manifest["summary"])) for run in (before, after))
    for name in old | new:
        yield Figure(name, old.get(name, 0), new.get(name, 0))


def _named(summary: Summary) -> dict[str, int]:
    named = {"rows read": summary.rows, **summary.fates, "for review": summary.kept_for_review}
    if masks := summary.masks:
        named |= {"tokens": masks.tokens, "tokens trained": masks.trained, "masks proved": masks.proved}
    for check in summary.checks:
        counts = {"set aside": check.set_aside, "review": check.review, "found": check.found}
        named |= {f"{check.check}, {what}": rows for what, rows in counts.items() if rows}
    return named


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Setting]:
    recipes = [Recipe.parse(manifest["recipe"]) for manifest in (before, after)]
    # A limit that only one of them names is the default in the other.
    checks = {check for recipe in recipes for check in recipe.limits}
    old, new = (
        _made_with(manifest, recipe, checks)
        for manifest, recipe in zip((before, after), recipes, strict=True)
    )
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield Setting(name, old.get(name), new.get(name))


def _made_with(manifest: Mapping[str, Any], recipe: Recipe, checks: Iterable[str]) -> dict[str, Any]:
    """Everything that a run depends on, by dotted name."""
    limits = {check: recipe.limit(check).model_dump() for check in checks}
    return {
        "finesift": manifest["finesift"],
        "tokenizer": (manifest.get("tokenizer") or {}).get("sha256"),
        **{f"input {file['path']}": file["sha256"] for file in manifest["inputs"]},
        **dict(_flat(recipe.model_dump() | {"limits": limits})),
    }


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
