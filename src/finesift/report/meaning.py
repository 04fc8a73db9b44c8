"""The figures on rows that ask the same in other words, and on what was not compared for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from finesift.corpus import Corpus
from finesift.match.repeats import Cluster, clusters
from finesift.recipe import Recipe
from finesift.report.words import counted
from finesift.views import text

CHECKS = ("paraphrase_duplicate", "same_meaning_prompt")
# From here on both prompts are taken to ask the same.
LIKELY = 0.5


@dataclass(frozen=True)
class Meaning:
    """Rows that ask the same and are answered alike, as clusters; what joins them decides nothing.

    compared: see `finesift.match.meaning.Compared`. common: for each of `largest`, the share of its prompts' words that
    more than 3 % of all prompts have: of a templated set, the template's own. across: pairs likely to ask the same of
    which one is trained and one held back.
    """

    compared: dict[str, Any]
    sizes: dict[str, int]
    largest: list[Cluster]
    common: list[float | None]  # None: nothing of the cluster may be looked at
    weight: float
    weight_kept: float
    across: int | None  # None before a split

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Meaning:
        return cls(**{**raw, "largest": [Cluster(**one) for one in raw["largest"]]})


def meaning(
    corpus: Corpus,
    compared: dict[str, Any] | None,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    fates: pl.DataFrame | None,
    recipe: Recipe,
) -> Meaning | None:
    """None where nothing was compared by meaning. fates: example, fate, sealed; None before a split."""
    if compared is None:
        return None
    sealed = corpus.examples["example"].clear() if fates is None else fates.filter("sealed")["example"]
    limit = recipe.limit(CHECKS[0]).review or LIKELY
    links = findings.filter((pl.col("check") == CHECKS[0]) & (pl.col("score") >= limit))
    weights = corpus.turns.group_by("example").agg(weight=text.str.len_chars().sum())
    aside = decisions.filter(pl.col("outcome") == "set_aside")["example"]
    found = clusters(corpus.examples, links, weights, sealed, aside)
    return figures(corpus.alike, corpus.examples, found, compared, fates)


def figures(
    alike: pl.DataFrame,
    examples: pl.DataFrame,
    found: dict[str, Any],
    compared: dict[str, Any],
    fates: pl.DataFrame | None,
) -> Meaning:
    """alike: the pairs; examples and fates: of the rows in them at least; found: clusters of them."""
    common = _common(alike, examples, found["largest"])
    return Meaning(compared, **found, common=common, across=_across(alike, fates))


def _common(alike: pl.DataFrame, examples: pl.DataFrame, largest: list[Cluster]) -> list[float | None]:
    both = pl.concat([alike.select(pl.col(side).alias("example"), "common") for side in ("example", "other")])
    by_id = dict(
        both.join(examples.select("example", "id"), on="example")
        .group_by("id")
        .agg(pl.col("common").mean())
        .iter_rows()
    )
    known = [[by_id[id_] for id_ in cluster.members if id_ in by_id] for cluster in largest]
    return [round(sum(shares) / len(shares), 3) if shares else None for shares in known]


def _across(alike: pl.DataFrame, fates: pl.DataFrame | None) -> int | None:
    if fates is None:
        return None
    fate = fates.select("example", pl.col("fate").cast(pl.String))
    both = (
        alike.filter(pl.col("score") >= LIKELY)
        .join(fate, on="example")
        .join(fate.rename({"example": "other"}), on="other", suffix="_other")
        .filter(pl.min_horizontal(pl.col("fate", "fate_other") != "set_aside"))
    )
    return both.filter((pl.col("fate") == "train") != (pl.col("fate_other") == "train")).height


def sentences(found: Meaning) -> list[str]:
    """What was compared by meaning and what was not, for the report."""
    figures = found.compared
    compared = counted(figures["prompts"], "distinct prompt was compared", "distinct prompts were compared")
    told = [
        f"{compared} by meaning, the likeliest {counted(figures['confirmed'], 'pair')} of them by {figures['model']}."
        if figures["model"] and figures["confirmed"]
        else f"{compared} by meaning; no pair was near enough to ask {figures['model']}."
        if figures["model"]
        else f"{compared} by meaning, with static vectors only; no sentence model confirmed (pip install "
        "'finesift[semantic]'), so only what is nearly certain is given."
    ]
    if figures["model"] and figures["left"]:
        told.append(
            f"{counted(figures['left'], 'more pair is', 'more pairs are')} near by static vectors and not looked at by "
            "it; [checks.paraphrase_duplicate] texts = N looks at more."
        )
    left = [
        f"{counted(rows, one, more)} {what}"
        for rows, one, more, what in (
            (figures["without"], "row", "rows", "with no prompt, or one of fewer than three words"),
            (figures["carried"], "row", "rows", "with pictures or other files"),
            (figures["long"], "prompt", "prompts", "of more than 256 tokens"),
            (figures["foreign"], "prompt", "prompts", "mostly not in Latin letters"),
        )
        if rows
    ]
    if left:
        told.append(f"Not compared by meaning: {', '.join(left)}.")
    if found.across is not None:
        told.append(
            f"{counted(found.across, 'pair that likely asks the same is', 'pairs that likely ask the same are')} part "
            "trained, part held back."
            if found.across
            else "No pair that was found to ask the same is part trained, part held back."
        )
    return told
