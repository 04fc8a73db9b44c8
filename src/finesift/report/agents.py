"""Figures of rows that use tools: which tools, how often they are called, what fails, how much of training is calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from finesift.checks.tool_calls import declared, faults, parsed
from finesift.corpus import Corpus
from finesift.recipe import Recipe
from finesift.report.words import among, counted, percent

SPLITS = ("train", "validation", "test")
# Tools that are told apart by name; the rest is counted.
MOST_TOOLS = 40
# How a tool's result begins, or which field it has, where the call failed.
_FAILED = (
    r"(?i)^\s*(?:[^\w{]{0,3}(?:error|exception|failed|failure|traceback)\b"
    r"|\{\s*\"(?:error|errors|exception)\"\s*:\s*[^nf\s])"
)


@dataclass(frozen=True)
class Tool:
    """One tool, over the rows that are kept, those of the sealed test set among them."""

    name: str
    offered: int  # rows that declare it
    calls: int
    misfits: int  # calls that name no declared tool, or whose arguments do not fit the declared ones


@dataclass(frozen=True)
class Use:
    """How one split uses tools."""

    rows: int  # that declare a tool, or call one
    calls: int
    misfits: int
    failed: int  # results that say that the call failed
    trained: int  # characters that the loss sees, of answers, reasoning and calls
    trained_calls: int  # of them, those of calls

    @property
    def share(self) -> float:
        """Of the trained text of all rows of the split, what is calls, by characters."""
        return self.trained_calls / self.trained if self.trained else 0.0


@dataclass(frozen=True)
class Agents:
    """None of it where no kept row declares or calls a tool."""

    tools: list[Tool]  # those called most first
    uses: dict[str, Use] = field(default_factory=dict)
    sealed: int = 0  # tools that only rows of the sealed test set have, which are not named

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Agents:
        uses = {split: Use(**one) for split, one in raw["uses"].items()}
        return cls([Tool(**one) for one in raw["tools"]], uses, raw["sealed"])

    @property
    def never(self) -> list[Tool]:
        """Tools that rows declare and no row calls."""
        return [tool for tool in self.tools if not tool.calls]

    def sentences(self) -> list[str]:
        """For the terminal and the report."""
        calls, misfits, failed = (
            sum(getattr(use, what) for use in self.uses.values()) for what in ("calls", "misfits", "failed")
        )
        rows = sum(use.rows for use in self.uses.values())
        tools = counted(len(self.tools) + self.sealed, "tool")
        told = [
            f"{counted(rows, 'kept row uses', 'kept rows use')} tools: {tools}, {counted(calls, 'call')}; "
            f"{misfits:,} fit no declared tool or its arguments, and "
            f"{counted(failed, 'result says', 'results say')} that the call failed."
        ]
        if self.never:
            names = [tool.name for tool in self.never[:5]]
            more = f" and {len(self.never) - 5:,} more" if len(self.never) > 5 else ""
            listed = f"{', '.join(names)}{more}" if more else among(names)
            told.append(
                f"Never called, though rows declare {'it' if len(self.never) == 1 else 'them'}: {listed}."
            )
        shares = [f"{percent(use.share)} in {split}" for split, use in self.uses.items() if use.trained]
        if shares:
            told.append(
                f"Of the text that is trained, calls are {among(shares)} (by characters, before the template)."
            )
        return told


def agents(corpus: Corpus, fates: pl.DataFrame, recipe: Recipe) -> Agents | None:
    """Of the rows that are kept; fates: example, fate, sealed."""
    return added([tally(corpus, fates, recipe)])


def tally(corpus: Corpus, fates: pl.DataFrame, recipe: Recipe) -> dict[str, Any]:
    """Counts that add up over shards: of each split, and of each tool."""
    kept = fates.select("example", split=pl.col("fate").cast(pl.String)).filter(pl.col("split").is_in(SPLITS))
    turns = corpus.turns.join(kept, on="example")
    using = pl.concat(
        [
            corpus.examples.filter(pl.col("tools").is_not_null()).select("example"),
            turns.filter(pl.col("tool_calls").is_not_null()).select("example"),
        ]
    ).unique()
    using = using.join(kept, on="example")
    uses = {split: Counter[str](rows=rows) for split, rows in using.group_by("split").len().iter_rows()}
    results = turns.filter((pl.col("role") == "tool") & pl.col("content").str.contains(_FAILED))
    for split, failed in results.group_by("split").len().iter_rows():
        uses.setdefault(split, Counter())["failed"] = failed
    for split, trained, calls in _trained(turns, recipe).iter_rows():
        uses.setdefault(split, Counter()).update(trained=trained, trained_calls=calls)
    tools = _calls(corpus, turns, using, uses)
    return {"uses": {split: dict(use) for split, use in uses.items()}, "tools": tools}


def _trained(turns: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """split, trained, calls: characters of answers that the loss sees. Of a preference pair, the chosen side."""
    answers = turns.filter((pl.col("role") == "assistant") & (pl.col("part") != "rejected"))
    answers = answers.filter(pl.col("train").fill_null(True))
    if recipe.model.train_turns == "last":
        answers = answers.filter(pl.col("turn") == pl.col("turn").max().over("example"))
    said = pl.col("content").str.len_chars().fill_null(0)
    if recipe.model.train_reasoning:
        said += pl.col("reasoning").str.len_chars().fill_null(0)
    calls = pl.col("tool_calls").str.len_chars().fill_null(0)
    return answers.group_by("split").agg(trained=(said + calls).sum(), calls=calls.sum())


def _calls(
    corpus: Corpus, turns: pl.DataFrame, using: pl.DataFrame, uses: dict[str, Counter[str]]
) -> dict[str, list[int]]:
    """Counts by the tool's name, see `_count`; calls are added to `uses`, too. Each list of schemas is read once."""
    tools: dict[str, list[int]] = {}
    known: dict[str | None, dict[str, Any] | None] = {None: None}
    offers = corpus.examples.join(using, on="example").group_by("tools", "split").len()
    for schemas, split, rows in offers.iter_rows():
        if schemas not in known:
            known[schemas] = declared(schemas)
        for name in known[schemas] or ():
            _count(tools, name, split, 0, rows)
    calling = (
        turns.filter(pl.col("tool_calls").is_not_null())
        .join(corpus.examples.select("example", "tools"), on="example")
        .group_by("split", "tools", "tool_calls")
        .len()
    )
    for split, schemas, text, times in calling.iter_rows():
        calls, unread = parsed(text)
        uses[split]["misfits"] += times * bool(unread and not calls)
        for call in calls:
            misfit = any(True for _ in faults(call, known[schemas]))
            uses[split].update(calls=times, misfits=times * misfit)
            _count(tools, call["name"], split, 1, times)
            _count(tools, call["name"], split, 2, times * misfit)
    return tools


def _count(tools: dict[str, list[int]], name: str, split: str, place: int, times: int) -> None:
    """Adds to a tool's figures. The last of them are of rows that are not sealed: without one it has no name here."""
    of = tools.setdefault(name, [0, 0, 0, 0])
    of[place] += times
    of[3] += times * (split != "test")


def added(tallies: Iterable[Mapping[str, Any]]) -> Agents | None:
    """The figures of all shards."""
    uses: dict[str, Counter[str]] = {}
    tools: dict[str, list[int]] = {}
    for one in tallies:
        for split, use in one["uses"].items():
            uses.setdefault(split, Counter()).update(use)
        for name, counts in one["tools"].items():
            tools[name] = [a + b for a, b in zip(tools.get(name, [0, 0, 0, 0]), counts, strict=True)]
    if not any(use["rows"] for use in uses.values()):
        return None
    names = Use.__dataclass_fields__
    told = {name: counts[:3] for name, counts in tools.items() if counts[3]}
    in_order = sorted(told.items(), key=lambda one: (-one[1][1], -one[1][0], one[0]))
    return Agents(
        [Tool(name, *counts) for name, counts in in_order],
        {split: Use(**{name: uses[split][name] for name in names}) for split in SPLITS if split in uses},
        len(tools) - len(told),
    )
