"""The summary of a run, added up from its shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.engine.copies import ids_of
from finesift.engine.deciding import links_of, outcomes_of
from finesift.engine.meaning import alike_of, rows_in
from finesift.engine.phrases import phrases_of
from finesift.engine.placing import FATES
from finesift.engine.work import Job
from finesift.match.repeats import Repeats, clusters
from finesift.policy import OUTCOMES
from finesift.recipe import Recipe
from finesift.report.agents import added as used
from finesift.report.agents import tally
from finesift.report.epoch import Epoch, epoch_of
from finesift.report.held_out import HeldOut
from finesift.report.meaning import CHECKS as BY_MEANING
from finesift.report.meaning import LIKELY, Meaning
from finesift.report.meaning import figures as told_of
from finesift.report.summary import FATES as TOLD
from finesift.report.summary import (
    MOST_NAMED,
    PLACES,
    QUANTILES,
    CheckCount,
    Lengths,
    Malformed,
    Masks,
    Summary,
    binned,
    by_check,
    counts,
    malformed,
    unused,
)
from finesift.split.proof import Proof
from finesift.write.kinds import kind

LENGTHS = pl.Schema({"of": pl.String, "name": pl.String, "value": pl.Int64, "rows": pl.Int64})


def figures_of(
    job: Job,
    number: int,
    corpus: Corpus,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    fates: pl.DataFrame,
) -> dict[str, Any]:
    """What a shard adds to the summary; lengths are left as a table, LENGTHS."""
    examples, turns = corpus.examples, corpus.turns
    trained = fates.filter(pl.col("fate") == "train").select("example")
    asked = decisions.filter(pl.col("outcome") == "review").select("example")
    sources = pl.concat([examples.select("source"), corpus.unreadable.select("source")])
    job.save(_lengths(corpus), "shards", number, "lengths.arrow")
    return {
        "rows": corpus.rows,
        "fates": counts(fates["fate"].cast(pl.String)),
        "unreadable": corpus.unreadable.height,
        "reviews": asked.height,
        "sources": counts(sources["source"]),
        "shapes": counts(examples["shape"]),
        "turns": counts(turns["role"].cast(pl.String)),
        "checks": [asdict(one) for one in by_check(findings, decisions)],
        "malformed": [asdict(one) for one in malformed(corpus.unreadable)],
        "unused": unused(examples["extra"].drop_nulls()),
        "kinds": counts(examples.join(trained, on="example", how="semi").select(kind=kind())["kind"]),
        "reviewed": counts(fates.join(asked, on="example", how="semi")["fate"].cast(pl.String)),
        "carried": turns.filter(pl.col("media").is_not_null())["example"].n_unique(),
        "agents": tally(corpus, fates, job.recipe),
        "unproved": corpus.problems.join(trained, on="example", how="semi")["example"].n_unique(),
    }


def _lengths(corpus: Corpus) -> pl.DataFrame:
    """How many rows, and messages, are how long."""
    characters = corpus.turns.group_by("example").agg(n=pl.col("content").str.len_chars().sum())
    source = corpus.examples.select("example", "source")
    of_rows = characters.join(source, on="example")
    tokens = corpus.rendered.drop_nulls("tokens").select("example", n="tokens").join(source, on="example")
    said = corpus.turns.select(name=pl.col("role").cast(pl.String), n=pl.col("content").str.len_chars())
    parts = [
        of_rows.select(pl.lit("characters").alias("of"), name="source", value="n"),
        tokens.select(pl.lit("tokens").alias("of"), name="source", value="n"),
        said.select(pl.lit("role").alias("of"), "name", value="n"),
    ]
    return pl.concat(
        part.cast({"value": pl.Int64}).group_by("of", "name", "value").agg(rows=pl.len().cast(pl.Int64))
        for part in parts
    ).select(LENGTHS.names())


def summarise_shards(
    job: Job,
    recipe: Recipe,
    told: list[dict[str, Any]],
    capped: dict[str, int],
    *,
    tokenizer: str | None,
    masks: Masks | None,
    split: Proof,
    held_out: list[HeldOut],
    between: list[HeldOut],
    compared: dict[str, Any] | None,
) -> Summary:
    """The figures that `report.summary.summarise` gives. told: of each shard, what `figures_of` returned."""
    lengths = pl.concat([job.load("shards", shard.number, "lengths.arrow") for shard in job.shards])
    lengths = lengths.group_by("of", "name", "value").agg(pl.col("rows").sum())
    of_rows = {of: lengths.filter(pl.col("of") == of) for of in ("characters", "tokens")}
    fates = _added(told, "fates")
    reviewed = _added(told, "reviewed")
    return Summary(
        rows=sum(one["rows"] for one in told),
        fates={fate: fates.get(fate, 0) for fate in TOLD}
        | {"unreadable": sum(one["unreadable"] for one in told)},
        reviews=sum(one["reviews"] for one in told),
        sources=_added(told, "sources"),
        shapes=_added(told, "shapes"),
        turns=_added(told, "turns"),
        characters=quantiles(of_rows["characters"]),
        tokens=quantiles(of_rows["tokens"]),
        trained_with=tokenizer,
        max_tokens=recipe.model.max_tokens,
        checks=_checks(told),
        malformed=_malformed(told),
        repeats=repeats_of(job, recipe),
        capped={view: rows for view, rows in capped.items() if rows},
        lengths=_told_lengths(lengths),
        masks=masks,
        held_out=held_out,
        split=split,
        between=between,
        unused=_most_common(told),
        kinds=_added(told, "kinds"),
        reviewed={fate: reviewed[fate] for fate in TOLD if fate in reviewed},
        carried=sum(one["carried"] for one in told),
        meaning=meaning_of(job, compared, recipe),
        unproved=sum(one["unproved"] for one in told),
        epoch=_epoch(job, recipe) if recipe.model.count_tokens else None,
        agents=used(one["agents"] for one in told),
    )


def _epoch(job: Job, recipe: Recipe) -> Epoch | None:
    """Takes 8 bytes a row on the driver."""
    fate = np.array(job.get("fate.npy"))
    trained = fate == FATES.index("train")
    return epoch_of(job.each("tokens.npy")[trained], job.each("trained.npy")[trained], recipe)


def _added(told: Iterable[Mapping[str, Any]], name: str) -> dict[str, int]:
    """Counts of all shards, most frequent first; names in order where counts are equal."""
    total: Counter[str] = Counter()
    for one in told:
        total.update(one[name])
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _most_common(told: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in told:
        total.update(one["unused"])
    return dict(total.most_common())


def _checks(told: Iterable[Mapping[str, Any]]) -> list[CheckCount]:
    rows: dict[str, list[int]] = {}
    for one in told:
        for check in one["checks"]:
            row = rows.setdefault(check["check"], [0, 0, 0])
            for place, name in enumerate(("found", "review", "set_aside")):
                row[place] += check[name]
    found = [CheckCount(name, *row) for name, row in rows.items()]
    return sorted(found, key=lambda one: (-one.set_aside, -one.review, -one.found, one.check))


def _malformed(told: Iterable[Mapping[str, Any]]) -> list[Malformed]:
    import re

    reasons: dict[str, dict[str, Any]] = {}
    for one in told:
        for reason in one["malformed"]:
            known = reasons.setdefault(
                re.sub(r"\d+", "N", reason["error"]), {**reason, "rows": 0, "places": []}
            )
            known["rows"] += reason["rows"]
            known["places"] = [*known["places"], *reason["places"]][:PLACES]
    found = [Malformed(**reason) for reason in reasons.values()]
    return sorted(found, key=lambda one: -one.rows)


def quantiles(counted: pl.DataFrame) -> dict[str, int]:
    """`report.summary.quantiles`, from how many rows have each value; exact."""
    known = counted.drop_nulls("value").group_by("value").agg(pl.col("rows").sum()).sort("value")
    if not known.height:
        return {}
    upto = known["rows"].cum_sum().to_numpy()
    values = known["value"].to_numpy()
    # The nearest rank, halves away from zero, as Polars has it.
    ranks = {f"{q:.0%}": int(np.floor((int(upto[-1]) - 1) * q + 0.5)) for q in QUANTILES}
    return {name: int(values[np.searchsorted(upto, rank, "right")]) for name, rank in ranks.items()}


def _told_lengths(lengths: pl.DataFrame) -> list[Lengths]:
    unit = "tokens" if (lengths["of"] == "tokens").any() else "characters"
    rows = lengths.filter(pl.col("of") == unit)
    said = lengths.filter(pl.col("of") == "role")
    parts = [("rows", "all", unit, rows)]
    for of, of_unit, frame in (("source", unit, rows), ("role", "characters", said)):
        sizes = (
            frame.group_by("name").agg(pl.col("rows").sum()).sort("rows", "name", descending=[True, False])
        )
        names = sizes["name"].head(MOST_NAMED).to_list()
        parts += [(of, name, of_unit, frame.filter(pl.col("name") == name)) for name in names]
    return [
        Lengths(of, name, unit, int(part["rows"].sum()), quantiles(part), _bins(part))
        for of, name, unit, part in parts
        if part["value"].count()
    ]


def _bins(counted: pl.DataFrame) -> dict[str, int]:
    known = counted.drop_nulls("value").select("rows", bin=binned(pl.col("value")))
    added = known.group_by("bin").agg(pl.col("rows").sum()).sort("bin")
    return {str(place): rows for place, rows in added.iter_rows()}


def repeats_of(job: Job, recipe: Recipe) -> Repeats:
    """Clusters of rows that are called duplicates, and words that many answers share."""
    reached = [
        (pl.col("check") == check) & (pl.col("score") >= (recipe.limit(check).review or 1))
        for check in ("exact_duplicate", "near_duplicate")
    ]
    weights = job.each("weight.npy") if recipe.model.count_tokens else np.full(1, -1)
    if (weights < 0).all():
        weights = job.each("characters.npy")
    found = _clusters(job, links_of(job).filter(pl.any_horizontal(reached)), weights)
    return Repeats(**found | phrases_of(job))


def meaning_of(job: Job, compared: dict[str, Any] | None, recipe: Recipe) -> Meaning | None:
    """`report.meaning.meaning`, from numbers. compared: what was compared by meaning; None: nothing was."""
    if compared is None:
        return None
    reached = (pl.col("check") == BY_MEANING[0]) & (
        pl.col("score") >= (recipe.limit(BY_MEANING[0]).review or LIKELY)
    )
    found = _clusters(job, links_of(job).filter(reached), job.each("characters.npy"))
    alike = alike_of(job)
    rows = rows_in(job, alike)
    fates = pl.Series(np.array(job.get("fate.npy"))[rows["example"].to_numpy()], dtype=pl.UInt8)
    fate = fates.replace_strict(dict(enumerate(FATES)), return_dtype=pl.String)
    return told_of(alike, rows, found, compared, rows.select("example", fate=fate))


def _clusters(job: Job, links: pl.DataFrame, weights: NDArray[np.int64]) -> dict[str, Any]:
    """`match.repeats.clusters` of these links. weights: of each row its tokens or characters; -1: unknown."""
    known = weights >= 0
    stays = outcomes_of(job) != OUTCOMES.index("set_aside")
    totals = int(weights[known].sum()), int(weights[known & stays].sum())
    rows = np.unique(links.select("example", "other").to_numpy()).astype(np.uint32)
    examples = pl.DataFrame({"example": rows, "id": ids_of(job, rows)})
    named = links.select("example", other_row="other").join(
        examples.select(other_row="example", other="id"), on="other_row", maintain_order="left"
    )
    fate, split = np.array(job.get("fate.npy"))[rows], np.array(job.get("split.npy"))[rows]
    return clusters(
        examples,
        named.select("example", "other"),
        pl.DataFrame({"example": rows[known[rows]], "weight": weights[rows][known[rows]]}),
        pl.Series(rows[split == FATES.index("test")]),
        pl.Series(rows[fate == FATES.index("set_aside")]),
        totals=totals,
    )
