"""What is found in each shard for itself: findings of row checks, and what rows are compared by."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from finesift.corpus import Corpus
from finesift.engine.across import Running, counts_of, running
from finesift.engine.copies import content_of
from finesift.engine.near import sign
from finesift.engine.work import Job, Shard, corpus_of
from finesift.measure import measure
from finesift.recipe import Split
from finesift.registry import Meeting, Narrowing
from finesift.split.groups import (
    ID,
    ORIGINS,
    called,
    columns,
    keyed,
    named,
    openings,
    pieces_of,
    says_synthetic,
)
from finesift.split.strata import LANGUAGES
from finesift.views import prompts

#: What rows are kin by: prompts, openings and columns, each for itself; and names of rows, which ids, pieces of ids and
#: parents share. Ids and pieces count only where few rows have them.
PROMPTS, OPENINGS, COLUMNS, PARENTS, IDS, PIECES_OF = (
    "prompts",
    "openings",
    "columns",
    "parents",
    "ids",
    "pieces",
)
KIN = pl.Schema({"example": pl.UInt32, "key": pl.UInt64})
# piece: the key under which pieces of this id would be found.
KIN_ID = pl.Schema({"example": pl.UInt32, "key": pl.UInt64, "piece": pl.UInt64})


def check_rows(job: Job, number: int) -> dict[str, Any]:
    """Row checks of one shard, and the numbers that the rest is made from."""
    shard = job.shards[number]
    corpus = corpus_of(job, shard)
    checks = running(job.recipe, held_out=corpus.held_out.height > 0)
    folder = job.path("shards", number)
    job.save(measure(corpus, checks.by_row, job.recipe), folder, "found.arrow")
    _measure_rows(job, shard, corpus)
    _compare_by(job, shard, corpus, checks)
    told = _kin(job, shard, corpus, job.recipe.split)
    if checks.near:
        told["keys"] = sign(job, number, corpus, checks.ngram)
    return told


def _measure_rows(job: Job, shard: Shard, corpus: Corpus) -> None:
    sizes = corpus.turns.group_by("example").agg(
        turns=pl.len(),
        length=pl.col("content").str.len_bytes().sum().cast(pl.Int64),
        said=pl.sum_horizontal(
            pl.col(name).str.len_bytes().sum() for name in ("content", "reasoning", "tool_calls")
        ).cast(pl.Int64),
    )
    rows = (
        corpus.examples.select("example")
        .join(sizes, on="example", how="left", maintain_order="left")
        .with_columns(pl.col("turns", "length", "said").fill_null(0))
    )
    folder = job.path("shards", shard.number)
    job.put(content_of(corpus.examples["id"]), folder, "content.npy")
    job.put(rows["turns"].to_numpy().astype(np.uint32), folder, "turns.npy")
    job.put(rows["length"].to_numpy(), folder, "length.npy")
    job.put(rows["said"].to_numpy(), folder, "said.npy")


def _compare_by(job: Job, shard: Shard, corpus: Corpus, checks: Running) -> None:
    """What checks that compare rows need of these: keys, counts, or the little that they look at."""
    folder = job.path("shards", shard.number)
    for check in checks.apart:
        tables = check.of(corpus.tables)
        if isinstance(check.apart, Meeting):
            keys = check.apart.key(*tables).select("example", pl.col("key").cast(pl.UInt64)).collect()
            job.save(keys.sort("example"), folder, f"key-{check.name}.arrow")
        elif isinstance(check.apart, Narrowing):
            job.save(check.apart.narrow(*tables).collect(), folder, f"narrow-{check.name}.arrow")
        else:
            for place, counted in counts_of(check, corpus, job.recipe):
                job.save(counted, folder, f"count-{check.name}-{place}.arrow")


def _kin(job: Job, shard: Shard, corpus: Corpus, settings: Split) -> dict[str, Any]:
    """Writes what rows are kin by, and which rows say that a model wrote them.

    Returns the names of the columns that the recipe or a language asks for and that any row has, and the ids of
    parents that look like ours, with the key that stands for each.
    """
    examples = corpus.examples
    fields = columns(examples, [ID, *ORIGINS, settings.parent, "synthetic"])
    known = called(fields, examples, settings.parent)
    ids = known.select("example", value=ID).drop_nulls()
    named_alike = [keyed(known.select("example", value=name), name) for name in ORIGINS]
    named_alike += [keyed(_values(examples, name), name) for name in settings.group_by]
    kin = {
        PROMPTS: prompts(corpus.turns.lazy()).select("example", key="prompt"),
        OPENINGS: openings(corpus.turns.lazy()),
        COLUMNS: pl.concat(named_alike),
        PARENTS: keyed(known.select("example", value=settings.parent), "row"),
        PIECES_OF: keyed(pieces_of(known), "piece"),
    }
    folder = job.path("shards", shard.number)
    for by, keys in kin.items():
        job.save(keys.drop_nulls().collect().cast(KIN), folder, f"kin-{by}.arrow")
    pieces = keyed(ids, "piece").collect()["key"].alias("piece")
    job.save(keyed(ids, "row").collect().with_columns(pieces).cast(KIN_ID), folder, f"kin-{IDS}.arrow")
    job.put(says_synthetic(fields).to_numpy(), folder, "synthetic.npy")
    parents = known.select(value=settings.parent).drop_nulls().unique()
    ours = parents.filter(pl.col("value").str.contains("^[0-9a-f]{16}$")).sort("value")
    keys_of_ours = keyed(ours.with_columns(example=pl.lit(0, pl.UInt32)), "row").collect()["key"]
    asked = {*settings.group_by, *settings.stratify, *LANGUAGES}
    return {
        "columns": sorted(name for name in asked if _values(examples, name)["value"].count()),
        "parents": list(zip(ours["value"], keys_of_ours, strict=True)),
    }


def _values(examples: pl.DataFrame, name: str) -> pl.DataFrame:
    """`named`, for rows of which perhaps none has the column."""
    if not examples.height or columns(examples, [name])[name].null_count() == examples.height:
        if name in ("source", "shape", "label") and examples.height:
            return named(examples, name, "split.group_by")
        return examples.select("example", value=pl.lit(None, pl.String))
    return named(examples, name, "split.group_by")
