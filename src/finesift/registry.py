"""Where checks are declared and found.

    @check(flags=[chat("Name a prime.", "   ")], passes=[chat("Say nothing.", "…")])
    def empty_answer(turns: pl.LazyFrame) -> pl.LazyFrame:
        '''An assistant message has nothing in it to learn. …'''

A check's positional parameters name the tables it wants (`turns`, `examples`); its keyword parameters, with
their defaults, are its settings. A row check sees any batch of whole examples; a corpus check sees them all.
Other packages add checks with an entry point in the group `finesift.checks` that names their module.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal

import polars as pl

from finesift.findings import FINDINGS

Chat = Mapping[str, Any]
Measure = Callable[..., pl.LazyFrame]
TABLES = ("turns", "examples", "rendered", "held_out", "notes", "near", "alike", "problems", "planned")


@dataclass(frozen=True)
class Meeting:
    """Only rows with equal keys have to do with one another, so the check is made on whole groups of them.

    key: from the check's tables the columns example and key (u64); rows that are not in it meet nobody.
    copied: findings about rows the same to the letter as an earlier one, which are not read again: from example, id
    and first, the earlier one's id. None: they have the findings of the first.
    """

    key: Measure
    copied: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None


@dataclass(frozen=True)
class Counting:
    """The check needs counts of all rows, and then looks at each row for itself.

    count: from the check's tables the columns that are counted, and how often, `rows`. judge: findings from the tables
    of any rows and the counts of all, added up.
    """

    count: Measure
    judge: Measure


@dataclass(frozen=True)
class Narrowing:
    """The check looks at little of a few rows. narrow: that little, from its tables; judge: findings from all of it."""

    narrow: Measure
    judge: Measure


@dataclass(frozen=True)
class Weighing:
    """The check needs counts of all rows to say which few it looks at, and looks at these together.

    count: from the check's tables the columns that are counted, and how often, `rows`. narrow: from the tables of any
    rows and the counts of all, added up, the little that is looked at. judge: findings from all of it and `held_out`.
    All of them are given those settings of the check that they ask for.
    """

    count: Measure
    narrow: Measure
    judge: Measure


#: How a corpus check goes over data that is never in memory at once; see `finesift.engine`.
Apart = Meeting | Counting | Narrowing | Weighing


@dataclass(frozen=True)
class Check:
    """A declared check: what it measures, on which tables, with which settings, and its two examples."""

    name: str
    measure: Measure
    scope: Literal["row", "corpus"]
    tables: tuple[str, ...]
    settings: dict[str, Any]
    flags: Sequence[Any]
    passes: Sequence[Any]
    same: bool = False
    everywhere: bool = False
    apart: Apart | None = None

    @property
    def what(self) -> str:
        """The first line of the docstring."""
        return self._doc.split("\n", 1)[0]

    @property
    def why(self) -> str:
        """The rest of the docstring."""
        return self._doc.partition("\n")[2].strip()

    @property
    def _doc(self) -> str:
        return inspect.getdoc(self.measure) or ""

    def __call__(self, tables: Mapping[str, pl.LazyFrame], **settings: Any) -> pl.LazyFrame:
        """Findings of this check on `tables`, which are named as in `finesift.tables`."""
        return self.named(self.measure(*self.of(tables), **{**self.settings, **settings}))

    def of(self, tables: Mapping[str, pl.LazyFrame]) -> list[pl.LazyFrame]:
        """The tables that it asks for, in its order."""
        return [tables[name] for name in self.tables]

    def named(self, found: pl.LazyFrame) -> pl.LazyFrame:
        """Findings with its name."""
        return found.with_columns(check=pl.lit(self.name)).select(FINDINGS.names())

    def within(self, place: str, tables: Mapping[str, pl.LazyFrame], **settings: Any) -> pl.LazyFrame:
        """Findings where `turns` holds the texts of a place; they name it, and point at no characters."""
        return self.elsewhere(place, self(tables, **settings))

    def elsewhere(self, place: str, found: pl.LazyFrame) -> pl.LazyFrame:
        """Findings in the texts of a place: they name it, and point at no characters."""
        nowhere = pl.lit(None, FINDINGS["start"])
        return found.with_columns(
            start=nowhere, end=nowhere, message=pl.format("in {}: {}", pl.lit(place), "message")
        )


def check(
    *, flags: Sequence[Chat], passes: Sequence[Chat], everywhere: bool = False
) -> Callable[[Measure], Measure]:
    """Declares a check that looks at one example at a time.

    `everywhere=True` says that what it looks for in messages is as bad in reasoning, tool calls and tool schemas: it
    is asked about those too; see `finesift.places`.
    """
    return lambda measure: _declare(measure, "row", flags, passes, everywhere=everywhere)


def corpus_check(
    *,
    flags: Sequence[Sequence[Chat]],
    passes: Sequence[Sequence[Chat]],
    same: bool = False,
    everywhere: bool = False,
    apart: Apart | None = None,
) -> Callable[[Measure], Measure]:
    """Declares a check that compares examples; its flagged and passed examples are small corpora.

    `same=True` says that the finding's `other` names the group of rows that are equal to one another, so that
    any one of them may stand for the rest. `apart` says how it goes over more data than memory holds; a check of
    pairs that are near (table `near`) need not say so.
    """
    return lambda measure: _declare(measure, "corpus", flags, passes, same, everywhere, apart)


_declared: dict[str, Check] = {}


def _declare(
    measure: Measure,
    scope: Literal["row", "corpus"],
    flags: Sequence[Any],
    passes: Sequence[Any],
    same: bool = False,
    everywhere: bool = False,
    apart: Apart | None = None,
) -> Measure:
    parameters = inspect.signature(measure).parameters.values()
    tables = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
    settings = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    name = measure.__name__
    if unknown := set(tables) - set(TABLES):
        raise TypeError(
            f"check {name}: positional parameters name tables ({', '.join(TABLES)}), not {unknown}"
        )
    if (before := _declared.get(name)) and before.measure.__module__ != measure.__module__:
        raise TypeError(f"check {name} is declared twice: {before.measure.__module__}, {measure.__module__}")
    _declared[name] = Check(name, measure, scope, tables, settings, flags, passes, same, everywhere, apart)
    return measure


@cache
def load_checks() -> dict[str, Check]:
    """All checks by name: ours, then those of installed packages."""
    import finesift.checks as ours

    for module in pkgutil.iter_modules(ours.__path__):
        import_module(f"{ours.__name__}.{module.name}")
    for entry in entry_points(group="finesift.checks"):
        entry.load()
    return dict(sorted(_declared.items()))
