"""Rules on data, and what breaks them: so many rows per check, none unreadable, no worse than before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.errors import RecipeError
from finesift.findings import surest
from finesift.recipe import Recipe, nearest

#: Rules that are no checks: rows that cannot be read, that would be set aside, and that are for review.
OWN = ("unreadable", "set_aside", "review")
#: What holds without a word in the recipe: a set that is kept under version control has no row to lose.
DEFAULT = {"unreadable": 0.0, "set_aside": 0.0}
#: Places kept of each rule that is broken.
PLACES = 5000


@dataclass(frozen=True)
class Place:
    """Where a rule is broken. row: the line of a JSONL or CSV file, the record's number of any other."""

    source: str
    row: int
    message: str


@dataclass(frozen=True)
class Result:
    """One rule. limit: rows, or a share below 1 of the rows; None: compared with the baseline only."""

    rule: str
    rows: int
    limit: float | None
    before: float | None  # the share in the baseline
    passed: bool
    why: str
    places: list[Place]


@dataclass(frozen=True)
class Gate:
    """What a set of rules says of data. skipped: checks that did not run, and what would run them. found: rows of
    everything that a baseline knows, whether a rule is about it or not."""

    rows: int
    results: list[Result]
    skipped: dict[str, str]
    found: dict[str, int]

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)

    @property
    def broken(self) -> list[Result]:
        return [result for result in self.results if not result.passed]

    def baseline(self) -> dict[str, Any]:
        """What to keep in order to compare with it later."""
        return {"rows": self.rows, "found": self.found}

    def as_dict(self) -> dict[str, Any]:
        shown = {name: value for name, value in asdict(self).items() if name != "found"}
        return {"passed": self.passed, **shown}


def gate(
    corpus: Corpus,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    recipe: Recipe,
    checks: Sequence[str],
    *,
    baseline: Mapping[str, Any] | None = None,
) -> Gate:
    """Holds data to the recipe's rules. checks: all that there are. baseline: see `Gate.baseline`.

    Raises RecipeError for a rule about nothing.
    """
    # Beside a baseline a rule that nobody wrote would fail what has always been so.
    limits = (DEFAULT if baseline is None else {}) | dict(recipe.gate)
    for rule in limits:
        if rule not in (*checks, *OWN):
            raise RecipeError(f"gate.{rule} is not known.", hint=nearest(rule, [*checks, *OWN]))
    known = {} if baseline is None else dict(baseline["found"])
    before_rows = 1 if baseline is None else max(1, int(baseline["rows"]))
    compared = sorted({*known, *findings["check"], "unreadable", "set_aside"} - set(limits))
    found = {rule: _found(rule, corpus, findings, decisions, recipe) for rule in [*limits, *compared]}
    results = []
    for rule in found if baseline is not None else limits:
        before = None if baseline is None else known.get(rule, 0) / before_rows
        results.append(_held(rule, found[rule], corpus.rows, limits.get(rule), before))
    counted = {rule: rows.height for rule, rows in found.items()}
    return Gate(corpus.rows, results, _skipped(corpus, recipe, checks), counted)


def read_baseline(path: Path) -> dict[str, Any]:
    """A baseline file. Raises RecipeError where it is none."""
    try:
        raw = orjson.loads(path.read_bytes())
        return {
            "rows": int(raw["rows"]),
            "found": {str(rule): int(rows) for rule, rows in raw["found"].items()},
        }
    except OSError as e:
        raise RecipeError(f"{path}: cannot be read ({e.strerror}).") from e
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as e:
        raise RecipeError(
            f"{path}: is no baseline ({e}).", hint="`finesift check DATA --save FILE` writes one."
        ) from e


def _held(rule: str, found: pl.DataFrame, rows: int, limit: float | None, before: float | None) -> Result:
    number, share = found.height, found.height / max(1, rows)
    places = [Place(*row) for row in found.head(PLACES).iter_rows()]
    over = limit is not None and (share > limit if 0 < limit < 1 else number > limit)
    if over:
        allowed = f"{limit:.2%}" if limit is not None and 0 < limit < 1 else f"{limit:,.0f}"
        return Result(
            rule, number, limit, before, False, f"{number:,} rows, at most {allowed} allowed", places
        )
    # One row more in a set that grew is no regression; a larger share is.
    if limit is None and before is not None and share > before:
        why = f"{number:,} rows ({share:.2%}), {before:.2%} before"
        return Result(rule, number, limit, before, False, why, places)
    return Result(rule, number, limit, before, True, f"{number:,} rows", places)


def _found(
    rule: str, corpus: Corpus, findings: pl.DataFrame, decisions: pl.DataFrame, recipe: Recipe
) -> pl.DataFrame:
    """source, row and message of the rows that a rule counts, by place."""
    if rule == "unreadable":
        return corpus.unreadable.select("source", "row", message="error")
    where = corpus.examples.select("example", "source", "row")
    if rule in OWN:
        said = pl.format("{}: {}", pl.col("check").fill_null("decided"), pl.col("why").fill_null(""))
        rows = decisions.filter(pl.col("outcome").cast(pl.String) == rule).select("example", message=said)
    else:
        least = recipe.limit(rule).least
        if least is None:
            # A check that only counts gates where somebody says how much is too much.
            least = 0.0 if rule in recipe.gate else 2.0
        acting = findings.filter((pl.col("check") == rule) & (pl.col("score") >= least))
        rows = surest(acting).select("example", "message")
    return where.join(rows, on="example", maintain_order="left").select("source", "row", "message")


def _skipped(corpus: Corpus, recipe: Recipe, checks: Sequence[str]) -> dict[str, str]:
    needs = {
        "contamination": ("--held-out NAME=FILE", not corpus.held_out.height),
        "restatement": ("--held-out NAME=FILE", not corpus.held_out.height),
        "over_budget": ("leave out --no-tokens", not recipe.model.count_tokens),
        "mask_unproved": ("leave out --no-tokens", not recipe.model.count_tokens),
        "cannot_render": ("leave out --no-tokens", not recipe.model.count_tokens),
    }
    skipped = {name: how for name, (how, off) in needs.items() if off and name in checks}
    return skipped | {name: f"[checks] {name} = true" for name in checks if not recipe.runs(name)}
