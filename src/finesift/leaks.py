"""Held-out sets against the data: what is found of them, and what would have been found."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from finesift.corpus import Corpus
from finesift.errors import InputError
from finesift.measure import measure
from finesift.recipe import Recipe
from finesift.registry import Check, load_checks
from finesift.report.held_out import CHECKS, HeldOut, held_out_sets
from finesift.report.held_out import found as found_items
from finesift.run import inputs
from finesift.split.proof import HELD_BACK
from finesift.tables import HELD_OUT

#: Rows of validation and of test that training is looked through for, chosen by content: what it costs stays bounded.
BETWEEN = 5_000


def held_out(recipe: Recipe) -> pl.DataFrame:
    """The items of all held-out sets."""
    from finesift.read import read
    from finesift.read.held_out import items

    frames = [HELD_OUT.to_frame()]
    for name, files in recipe.held_out.items():
        corpus = read(files, roles=recipe.data.roles, columns=recipe.data.columns)
        found = items(corpus, name)
        if not found.height:
            raise InputError(
                f"{', '.join(files)}: no item of the held-out set {name} could be read.",
                hint="Compared with nothing, data always looks clean. `finesift inspect` says what is wrong.",
            )
        frames.append(found)
    return pl.concat(frames)


def certify(corpus: Corpus, findings: pl.DataFrame, decisions: pl.DataFrame, recipe: Recipe) -> list[HeldOut]:
    """What was found of each held-out set, and what would have been."""
    found = found_items(corpus.examples, findings)
    return certified(corpus.held_out, found, decisions.select("example", "outcome"), recipe)


def certified(
    items: pl.DataFrame, found: pl.DataFrame, outcomes: pl.DataFrame, recipe: Recipe
) -> list[HeldOut]:
    """`certify`, from what was found (see `report.held_out.found`) and the outcomes of those rows."""
    from finesift.embed.load import load_encoder

    if not items.height:
        return []
    checks = load_checks()
    running = [checks[name] for name in CHECKS if recipe.runs(name)]
    settings = recipe.settings_of("restatement", checks["restatement"].settings)
    encoder = load_encoder(settings.get("encoder")) if recipe.runs("restatement") else None
    return held_out_sets(
        items,
        found,
        outcomes,
        files={
            name: {one["path"]: one["sha256"] for one in inputs(files)}
            for name, files in recipe.held_out.items()
        },
        review={check.name: recipe.limit(check.name).review or 1.0 for check in running},
        caught=_caught(items, running, recipe),
        encoder=None if encoder is None else encoder.name,
    )


#: Training rows that hold some of a row held back, with its split and how much of it.
LEAKS = pl.Schema({"example": pl.UInt32, "split": pl.String, "score": pl.Float32})


def between(corpus: Corpus, splits: pl.DataFrame, recipe: Recipe) -> tuple[list[HeldOut], pl.DataFrame]:
    """The contamination check of what is trained on against what is held back, as if that were an evaluation.

    Returns its figures per split, and the training rows that were found: LEAKS, at the limit for review and over it.
    """
    from finesift.read.held_out import items

    check = load_checks()["contamination"]
    if not recipe.runs(check.name):
        return [], LEAKS.to_frame()
    frames = [HELD_OUT.to_frame()]
    for split in HELD_BACK:
        rows = splits.filter(pl.col("fate") == split).join(
            corpus.examples.select("example", "id"), on="example"
        )
        some = corpus.only(rows.sort("id")["example"].head(BETWEEN))
        frames.append(items(uninstructed(some), split))
    held_back = pl.concat(frames)
    if not held_back.height:
        return [], LEAKS.to_frame()
    trained = uninstructed(corpus.only(splits.filter(pl.col("fate") == "train")["example"]))
    found = measure(replace(trained, held_out=held_back), [check], recipe)
    return crossed(held_back, found_items(trained.examples, found), recipe)


def uninstructed(corpus: Corpus) -> Corpus:
    """The rows without their system prompts: instructions are on both sides by intent."""
    return replace(corpus, turns=corpus.turns.filter(pl.col("role") != "system"))


def crossed(
    held_back: pl.DataFrame, items_found: pl.DataFrame, recipe: Recipe
) -> tuple[list[HeldOut], pl.DataFrame]:
    """`between`, from what was found in training rows. held_back: the rows held back, as HELD_OUT."""
    check = load_checks()["contamination"]
    leaks = (
        items_found.filter(pl.col("score") >= (recipe.limit(check.name).review or 1.0))
        .sort("score", "example", descending=[True, False])
        .unique("example", keep="first", maintain_order=True)
        .select("example", split="set", score="score")
    )
    sets = held_out_sets(
        held_back,
        items_found,
        items_found.select("example", outcome=pl.lit("keep")).unique(),
        files={split: {} for split in HELD_BACK},
        review={check.name: recipe.limit(check.name).review or 1.0},
        caught=_caught(held_back, [check], recipe),
        encoder=None,
    )
    return sets, leaks.cast(LEAKS)


def _caught(items: pl.DataFrame, checks: list[Check], recipe: Recipe) -> pl.DataFrame:
    """set, kind, planted, set_aside and review: what became of the canaries. They meet these checks and no others,
    apart from the data, and are forgotten."""
    from finesift.match.canaries import as_chats, canaries

    planted = canaries(items)
    corpus = replace(Corpus.of(as_chats(planted)), held_out=items)
    found = measure(corpus, checks, recipe)
    own = planted.with_row_index("example").select(
        "example", "set", "kind", other=pl.format("{}:{}", "set", "item")
    )
    # Found is what names the item that it was made of.
    reached = [
        found.join(own, on=["example", "other"])
        .filter(
            pl.col("score") >= pl.col("check").replace_strict(limits, default=2.0, return_dtype=pl.Float64)
        )["example"]
        .unique()
        .implode()
        for limits in (
            {check.name: recipe.limit(check.name).set_aside or 2.0 for check in checks},
            {check.name: recipe.limit(check.name).review or 2.0 for check in checks},
        )
    ]
    aside, seen = (pl.col("example").is_in(one) for one in reached)
    return own.group_by("set", "kind", maintain_order=True).agg(
        planted=pl.len(), set_aside=aside.sum(), review=(seen & ~aside).sum()
    )
