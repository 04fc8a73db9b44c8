"""Rules on data, and what breaks them: so many rows per check, none unreadable, no worse than before.

A rule is the name of a check or one of OWN. Behind an @ stands the split, and behind a colon a file or a glob, that it
is about alone: `refusal`, `refusal@test`, `refusal:tickets.csv`, `refusal@test:tickets.csv`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.errors import RecipeError
from finesift.findings import surest
from finesift.recipe import Recipe, nearest
from finesift.split.assign import SPLITS

#: Rules that are no checks: rows that cannot be read, that would be set aside, and that are for review; behaviours of
#: the plan with too few rows.
OWN = ("unreadable", "set_aside", "review", "behaviours")
#: What holds without a word in the recipe: a set that is kept under version control has no row to lose.
DEFAULT = {"unreadable": 0.0, "set_aside": 0.0}
#: Places kept of each rule that is broken, and rows of each rule that a baseline remembers.
PLACES = 5000


@dataclass(frozen=True)
class Place:
    """Where a rule is broken. row: the line of a JSONL or CSV file, the record's number of any other."""

    source: str
    row: int
    message: str


@dataclass(frozen=True)
class About:
    """A rule, taken apart. split, files: "" where it is about all of them."""

    check: str
    split: str
    files: str

    @classmethod
    def of(cls, rule: str) -> About:
        check, _, files = rule.partition(":")
        check, _, split = check.partition("@")
        return cls(check, split, files)

    @property
    def whole(self) -> bool:
        return not (self.split or self.files)


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
    everything that a baseline knows, whether a rule is about it or not. files: names of what was read. known: the
    rows of each rule, by id, so that a later comparison shows the new ones first."""

    rows: int
    results: list[Result]
    skipped: dict[str, str]
    found: dict[str, int]
    files: list[str] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)

    @property
    def broken(self) -> list[Result]:
        return [result for result in self.results if not result.passed]

    def baseline(self) -> dict[str, Any]:
        """What to keep in order to compare with it later."""
        return {"rows": self.rows, "found": self.found, "files": self.files, "known": self.known}

    def as_dict(self) -> dict[str, Any]:
        shown = {
            name: value for name, value in asdict(self).items() if name not in ("found", "files", "known")
        }
        return {"passed": self.passed, **shown}


def gate(
    corpus: Corpus,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    recipe: Recipe,
    checks: Sequence[str],
    *,
    baseline: Mapping[str, Any] | None = None,
    placed: pl.DataFrame | None = None,
) -> Gate:
    """Holds data to the recipe's rules. checks: all that there are. baseline: see `Gate.baseline`.

    placed: `example` and `split` of every row that could be read, for rules about a split; a row that is set aside has
    its relatives' split.

    Raises RecipeError for a rule about nothing.
    """
    # Beside a baseline a rule that nobody wrote would fail what has always been so.
    limits = (DEFAULT if baseline is None else {}) | dict(recipe.gate)
    for rule in limits:
        _refuse_unknown(rule, checks, recipe)
    files = sorted({Path(name).name for name in _rows_by_file(corpus)})
    if missing := sorted(set((baseline or {}).get("files", ())) - set(files)):
        raise RecipeError(
            f"the baseline is of {', '.join(missing[:3])} too, which is not among the files: shares of a part say "
            "nothing about shares of the whole.",
            hint="Give all files (pass_filenames: false in a hook), or save a new baseline with --save.",
        )
    known = {} if baseline is None else dict(baseline["found"])
    before_rows = 1 if baseline is None else max(1, int(baseline["rows"]))
    whole = {name for name in known if About.of(name).whole and name != "behaviours"}
    compared = sorted({*whole, *findings["check"], "unreadable", "set_aside"} - set(limits))
    found: dict[str, pl.DataFrame] = {}
    members: dict[str, int] = {}
    for rule in [*limits, *compared]:
        about = About.of(rule)
        found[rule] = _found(about.check, corpus, findings, decisions, recipe)
        members[rule] = corpus.rows
        if not about.whole:
            those = _members(about, corpus, placed)
            members[rule] = those.height
            found[rule] = found[rule].join(
                those, on=["source", "row", "id"], how="semi", maintain_order="left"
            )
    seen = {} if baseline is None else dict(baseline.get("known", {}))
    found = {rule: _new_first(rows, seen.get(rule, ())) for rule, rows in found.items()}
    results = []
    for rule in found if baseline is not None else limits:
        before = None if baseline is None else known.get(rule, 0) / before_rows
        results.append(_held(rule, found[rule], members[rule], limits.get(rule), before))
    counted = {rule: rows.height for rule, rows in found.items()}
    ids = {rule: rows["id"].head(PLACES).to_list() for rule, rows in found.items() if rows.height}
    return Gate(corpus.rows, results, _skipped(corpus, recipe, checks), counted, files, ids)


def _new_first(rows: pl.DataFrame, known: Iterable[str]) -> pl.DataFrame:
    """The places of a rule, those that a baseline does not know before the others."""
    old = pl.col("id").is_in(list(known))
    return rows.sort(old, maintain_order=True) if rows.height else rows


def read_baseline(path: Path) -> dict[str, Any]:
    """A baseline file. Raises RecipeError where it is none."""
    try:
        raw = orjson.loads(path.read_bytes())
        return {
            "rows": int(raw["rows"]),
            "found": {str(rule): int(rows) for rule, rows in raw["found"].items()},
            "files": [str(name) for name in raw.get("files", ())],
            "known": {str(rule): [str(id_) for id_ in ids] for rule, ids in raw.get("known", {}).items()},
        }
    except OSError as e:
        raise RecipeError(f"{path}: cannot be read ({e.strerror}).") from e
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as e:
        raise RecipeError(
            f"{path}: is no baseline ({e}).", hint="`finesift check DATA --save FILE` writes one."
        ) from e


def _held(rule: str, found: pl.DataFrame, rows: int, limit: float | None, before: float | None) -> Result:
    number, share = found.height, found.height / max(1, rows)
    places = [Place(*row) for row in found.head(PLACES).select("source", "row", "message").iter_rows()]
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
    # A rule about a part says how much it looked at: of nothing, everything holds.
    of = "" if About.of(rule).whole else f" of {rows:,}"
    return Result(rule, number, limit, before, True, f"{number:,}{of} rows", places)


def _refuse_unknown(rule: str, checks: Sequence[str], recipe: Recipe) -> None:
    about = About.of(rule)
    if about.check not in (*checks, *OWN):
        raise RecipeError(f"gate.{about.check} is not known.", hint=nearest(about.check, [*checks, *OWN]))
    if about.split and about.split not in SPLITS:
        raise RecipeError(
            f"gate.{rule}: no split is called {about.split}.", hint=f"There are {', '.join(SPLITS)}."
        )
    if about.split and about.check == "unreadable":
        raise RecipeError(
            f"gate.{rule}: a row that cannot be read is in no split.",
            hint="Leave the split out, or name the files:  unreadable:test.jsonl",
        )
    if about.check == "behaviours" and (not about.whole or recipe.coverage.plan is None):
        raise RecipeError(
            "gate.behaviours is about a plan, which the whole set has to meet.",
            hint='Name the plan in the recipe, under [coverage]:  plan = "behaviours.toml"',
        )


def _members(about: About, corpus: Corpus, placed: pl.DataFrame | None) -> pl.DataFrame:
    """source, row and id of the rows that a rule about a part is about; of whole files unreadable ones too."""
    rows = corpus.examples.select("example", "source", "row", "id")
    if about.split:
        if placed is None:
            raise ValueError(f"a rule about {about.split} needs the split of every row")
        there = placed.filter(pl.col("split").cast(pl.String) == about.split)
        rows = rows.join(there, on="example", how="semi", maintain_order="left")
    rows = rows.drop("example")
    if not about.split:
        unread = _unread(corpus).drop("message")
        rows = pl.concat([rows, unread.cast(rows.schema)])
    if about.files:
        rows = rows.filter(pl.col("source").is_in(_sources(corpus, about.files)))
    return rows


def _sources(corpus: Corpus, wanted: str) -> list[str]:
    """The files of a name or a glob. Raises RecipeError where it is none."""
    names = list(_rows_by_file(corpus))
    chosen = [
        name
        for name in names
        if fnmatchcase(Path(name).as_posix(), wanted) or fnmatchcase(Path(name).name, wanted)
    ]
    if not chosen:
        files = ", ".join(sorted({Path(name).name for name in names})[:5])
        raise RecipeError(f"[gate] {wanted}: no file that was read is called so.", hint=f"There are {files}.")
    return chosen


def _unread(corpus: Corpus) -> pl.DataFrame:
    ids = [hashlib.sha256(raw).hexdigest()[:16] for raw in corpus.unreadable["raw"]]
    return corpus.unreadable.select("source", "row", message="error", id=pl.Series(ids, dtype=pl.String))


def _rows_by_file(corpus: Corpus) -> dict[str, int]:
    both = pl.concat([corpus.examples["source"], corpus.unreadable["source"]])
    return dict(both.value_counts().iter_rows())


def _short(corpus: Corpus, findings: pl.DataFrame, decisions: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """The behaviours of the plan with too few rows, those that nobody is sure of counted as had."""
    from finesift.cover.of_run import Planned

    plan = str(recipe.coverage.plan)
    fates = decisions.select(
        "example",
        fate=pl.when(pl.col("outcome") == "set_aside").then(pl.lit("set_aside")).otherwise(pl.lit("train")),
    )
    short = [
        one
        for one in Planned(recipe).cover(corpus, findings, fates)["behaviours"]
        if one["have"] + one["unsure"] < one["want"]
    ]
    lines = Path(plan).read_text("utf-8").splitlines()
    said = {
        "source": [plan] * len(short),
        "row": [_line_of(lines, one["name"]) for one in short],
        "message": [f"{one['name']}: {one['have']} rows, at least {one['want']} wanted" for one in short],
    }
    said["id"] = [one["name"] for one in short]
    return pl.DataFrame(said, dict.fromkeys(said, pl.String) | {"row": pl.UInt32})


def _line_of(plan: list[str], name: str) -> int:
    """Where a plan names a behaviour; its first line where that is written in some other way."""
    named = (
        number
        for number, line in enumerate(plan, 1)
        if re.match(rf'\s*name\s*=\s*["\']{re.escape(name)}["\']', line)
    )
    return next(named, 1)


def _found(
    rule: str, corpus: Corpus, findings: pl.DataFrame, decisions: pl.DataFrame, recipe: Recipe
) -> pl.DataFrame:
    """source, row, message and id of what a rule about the whole set counts, by place."""
    if rule == "behaviours":
        return _short(corpus, findings, decisions, recipe)
    if rule == "unreadable":
        return _unread(corpus)
    where = corpus.examples.select("example", "source", "row", "id")
    if rule in OWN:
        said = pl.format("{}: {}", pl.col("check").fill_null("decided"), pl.col("why").fill_null(""))
        rows = decisions.filter(pl.col("outcome").cast(pl.String) == rule).select("example", message=said)
    else:
        least = recipe.limit(rule).least
        if least is None:
            # A check that only counts gates where somebody says how much is too much.
            asked = {About.of(name).check for name in recipe.gate}
            least = 0.0 if rule in asked else 2.0
        acting = findings.filter((pl.col("check") == rule) & (pl.col("score") >= least))
        rows = surest(acting).select("example", "message")
    return where.join(rows, on="example", maintain_order="left").select("source", "row", "message", "id")


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
