"""The whole flow over shards: what `pipeline.prep` does, for more rows than memory holds.

Every stage leaves its work in a folder beside the run, and what is done is not done again: a driver that was killed
goes on where it was, as long as data and recipe are the same.
"""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from finesift import __version__
from finesift import run as runs
from finesift.chat.view import VIEWS
from finesift.clock import Clock
from finesift.engine import (
    across,
    deciding,
    figures,
    meaning,
    near,
    phrases,
    placing,
    proving,
    reading,
    redacting,
    rendering,
    rows,
    writing,
)
from finesift.engine.copies import find_copies
from finesift.engine.exchange import give, want
from finesift.engine.memory import Sizes
from finesift.engine.tasks import Engine
from finesift.engine.work import Job, Stages
from finesift.errors import InputError, UsageError
from finesift.inputs import describe, tokenizer_of
from finesift.leaks import held_out
from finesift.match import compare
from finesift.measure import Tell
from finesift.read import paths
from finesift.recipe import Recipe
from finesift.registry import Meeting, Weighing, load_checks
from finesift.report.summary import Masks
from finesift.report.verdict import verdict
from finesift.secret import redaction
from finesift.tables import REDACTIONS

# What needs all rows at once, or has not been taught to do without: setting, and what it does.
_WHOLE = (
    ("data", "as_read", "writes rows as they came in", "leave data.as_read out"),
    ("policy", "decisions", "applies a person's decisions", "decide after the run, on what it leaves"),
    ("review", "lots", "holds lots back", "take the lots out of the recipe"),
    ("coverage", "plan", "compares with a plan", "run `finesift cover` on the run"),
)


def prep(
    recipe: Recipe,
    out: Path,
    engine: Engine,
    sizes: Sizes,
    *,
    force: bool = False,
    tell: Tell | None = None,
) -> runs.Run:
    """Raw rows in, a run folder out, as `pipeline.prep`, over shards of these sizes.

    Raises UsageError, by name, for what cannot be done without all rows in memory; else as `pipeline.prep`.
    """
    runs.refuse_occupied(out, force=force)
    recipe.refuse_unknown_checks(load_checks())
    refuse_whole(recipe)
    checks = across.running(recipe, held_out=bool(recipe.held_out))
    job = Job(_folder(recipe, out, sizes), recipe, sizes.shard, sizes.bucket)
    clock, stages = Clock(), Stages(engine, tell)
    with clock("read"):
        job, read = _read(job, stages)
        if recipe.data.redact:
            _redact(job, stages)
    sizes.refuse_rows(job.rows, by_meaning=bool(checks.alike))
    every = range(len(job.shards))
    model, rendered = None, None
    if recipe.model.count_tokens:
        with clock("render"):
            model, rendered = _render(job, stages, read)
    with clock("check"):
        told = stages.map(job, "check_rows", rows.check_rows, every)
        stages.once(job, "copies", lambda: find_copies(job))
        stages.once(job, "counts", lambda: across.add_counts(job))
        stages.map(job, "judge_rows", across.judge_rows, every)
        if checks.made(Weighing):
            stages.map(job, "narrow_rows", across.narrow_rows, every)
        stages.once(job, "narrowed", lambda: across.judge_narrowed(job))
    with clock("compare"):
        for check in checks.made(Meeting):
            _meet(job, stages, check.name)
        capped = _compare(job, stages, told) if checks.near else {}
    compared = None
    if checks.alike:
        with clock("compare by meaning"):
            compared = _by_meaning(job, stages)
    with clock("decide"):
        _decide(job, stages)
    with clock("split"):
        stages.once(job, "languages", lambda: placing.put_languages(job, told))
        if recipe.split.exact or recipe.split.existing is not None:
            stages.map(job, "ask_split", placing.ask_split, every)
        stages.once(job, "placed", lambda: placing.place(job, told))
    with clock("held out"):
        between = _hold_back(job, stages)
    masks = None if rendered is None else rendering.masks_from(job, rendered)
    if masks is not None:
        job.save(pl.DataFrame({"id": [one.id for one in masks.worst]}, {"id": pl.String}), "worst.arrow")
    with clock("write"):
        job.put(np.array([phrases.buckets_for(job)], np.int64), "phrase-buckets.npy")
        done = stages.map(job, "finish", writing.finish, every)
        _count_phrases(job, stages, done)
        if between:
            stages.once(job, "between", lambda: across.add_counts(job, "between-"))
            stages.map(job, "judge_between", proving.judge_between, every)
        summary, leaks = _summary(job, done, capped, compared, model, masks, near=bool(checks.near))
        views = _views(job, stages, masks)
    assert summary.adds_up, summary.fates
    about = describe(recipe, model) | {"seconds": clock.seconds, "review": None}
    about["verdict"] = verdict(summary, recipe, None).as_dict()
    secrets = redacting.redactions_of(job) if recipe.data.redact else REDACTIONS.to_frame()
    if secrets.height:
        about["redacted"] = redaction.figures(secrets)
    run = writing.write_run(
        job,
        out,
        force=force,
        told=done,
        summary=summary,
        about=about,
        leaks=leaks,
        views=views,
        before=runs.replaced(out),
    )
    redaction.keep(secrets, out)
    shutil.rmtree(job.folder.parent, ignore_errors=True)
    return run


def refuse_whole(recipe: Recipe) -> None:
    """Raises UsageError where the recipe asks for what is not done beyond memory."""
    for section, name, does, instead in _WHOLE:
        if getattr(getattr(recipe, section), name):
            raise UsageError(
                f"{section}.{name} {does}, which is not done beyond memory.",
                hint=f"Either {instead}, or run in memory, without --memory and --engine.",
            )


def _folder(recipe: Recipe, out: Path, sizes: Sizes) -> Path:
    """The working folder beside the run: for this recipe, these files and this version only."""
    out = out.absolute()
    files = [Path(name) for name in paths(recipe.data.train)]
    if any(str(file) == "-" for file in files):
        raise UsageError(
            "standard input cannot be read in shards.", hint="Save the data to a file, and name that."
        )
    files += [Path(name) for held_out in recipe.held_out.values() for name in paths(held_out)]
    seen = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()]
    asked = [__version__, pl.__version__, recipe.model_dump(mode="json"), seen, sizes.shard, sizes.bucket]
    if recipe.model.count_tokens:
        asked.append(tokenizer_of(recipe).hash)
    name = hashlib.sha256(orjson.dumps(asked)).hexdigest()[:16]
    folder = out.parent / f".{out.name}.work" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    return folder


def _read(job: Job, stages: Stages) -> tuple[Job, list[dict[str, Any]]]:
    """The job with its shards, and what is told of each file."""

    def keep_out() -> int:
        items = held_out(job.recipe)
        if items.height:
            job.save(items, "held_out.arrow")
        return items.height

    stages.once(job, "held_out", keep_out)
    files = paths(job.recipe.data.train)
    read = stages.map(job, "read", reading.read_file, range(len(files)))
    if not any(sum(file["rows"]) + file["unreadable"] for file in read):
        raise InputError(
            f"no row was read from {', '.join(job.recipe.data.train[:3])}.",
            hint="Is it the right file? A run needs at least one row.",
        )
    shards = stages.once(job, "shards", lambda: reading.shards_of(job, read))
    job = job.numbered(shards)
    if job.rows > 1 << 32:
        raise InputError(
            f"{job.rows:,} rows are more than are numbered.", hint="Split the data, up to 4 billion."
        )
    return job, read


def _redact(job: Job, stages: Stages) -> None:
    every = range(len(job.shards))
    met = stages.map(job, "look_for_secrets", redacting.look, every)
    stages.once(job, "name_secrets", lambda: redacting.name(job, met))
    stages.map(job, "redact", redacting.redact, every)


def _render(
    job: Job, stages: Stages, read: list[dict[str, Any]]
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Tokens and masks of all rows: the tokenizer, and the figures of each shard."""
    model: dict[str, str] = stages.once(job, rendering.MODEL, lambda: rendering.model_of(job, read))
    every = range(len(job.shards))
    told = stages.map(job, "render", rendering.render, every)
    if not all(one["trusted"] for one in told):
        # A row was not like its kind: in no shard is a row trusted to be.
        told = stages.map(job, "render-each", partial(rendering.render, one_by_one=True), every)
    if job.recipe.model.tokenizer or job.recipe.model.template:
        rendering.refuse_losses(job, told)
    return model, told


def _views(job: Job, stages: Stages, masks: Masks | None) -> pl.DataFrame:
    """Rows as the model reads them, for the report."""
    if masks is None:
        return VIEWS.to_frame()

    def plan() -> int:
        rows = pl.concat([frame["example"] for frame in rendering.candidates_of(job)]).to_numpy()
        want(job, "views", rows, np.zeros(len(rows), np.uint32))
        return len(rows)

    stages.once(job, "plan-views", plan)
    stages.map(job, "give-views", partial(_give, "views"), range(len(job.shards)))
    return rendering.views_of(job, masks)


def _meet(job: Job, stages: Stages, name: str) -> None:
    check = load_checks()[name]
    buckets = stages.once(job, f"plan-{name}", lambda: across.plan_meetings(job, name))
    if buckets:
        stages.map(job, f"give-{name}", partial(_give, name), range(len(job.shards)))
        stages.map(job, f"meet-{name}", partial(_meet_in, name), range(buckets))
    stages.once(job, f"copies-{name}", lambda: across.tell_copies(job, check))


def _give(name: str, job: Job, number: int) -> None:
    give(job, name, number)


def _meet_in(name: str, job: Job, bucket: int) -> int:
    return across.meet(job, load_checks()[name], bucket)


def _compare(job: Job, stages: Stages, told: list[dict[str, Any]]) -> dict[str, int]:
    """Pairs that are nearly the same, and what tells them apart. Returns how many rows of each view were capped."""
    capped = {}
    for view in compare.VIEWS:
        found = stages.once(
            job, f"candidates-{view}", partial(near.find_candidates, job, view, near.told(told, view))
        )
        capped[view] = found["capped"]
    every = range(len(job.shards))
    buckets = stages.once(job, "plan-pairs", lambda: near.plan_pairs(job))
    stages.map(job, "give-pairs", partial(_give, "pairs"), every)
    stages.map(job, "verify_pairs", near.verify_pairs, range(buckets))
    alike = stages.once(job, "plan-alike", lambda: near.plan_alike(job, buckets))
    stages.map(job, "give-alike", partial(_give, "alike"), every)
    stages.map(job, "tell_apart", near.tell_apart, range(alike))
    return capped


def _by_meaning(job: Job, stages: Stages) -> dict[str, Any]:
    """Pairs of rows that ask the same in other words. Returns what was compared."""
    every = range(len(job.shards))
    told = stages.map(job, "ask", meaning.ask, every)
    counted = stages.once(job, "choose", lambda: meaning.choose(job))
    counted["carried"] = sum(one["carried"] for one in told)
    texts = stages.map(job, "count_asked", meaning.count, every)
    stages.once(job, "weigh", lambda: meaning.weigh(job, texts))
    stages.map(job, "embed", meaning.embed, every)
    compared: dict[str, Any] = stages.once(job, "pair", lambda: meaning.pair(job, counted))
    return compared


def _decide(job: Job, stages: Stages) -> None:
    every = range(len(job.shards))
    stages.map(job, "gather_findings", deciding.gather_findings, every)
    buckets = stages.once(job, "plan-linked", lambda: deciding.plan_linked(job))
    stages.map(job, "decide_alone", deciding.decide_alone, every)
    stages.map(job, "decide_linked", deciding.decide_linked, range(buckets))
    stages.map(job, "settle", deciding.settle, every)


def _hold_back(job: Job, stages: Stages) -> bool:
    """Puts rows that are held back in the place of an evaluation; returns whether there are any."""
    if not job.recipe.runs("contamination"):
        return False
    stages.once(job, "plan-held_back", lambda: proving.plan_held_back(job))
    stages.map(job, "give-held_back", partial(_give, "held_back"), range(len(job.shards)))
    return bool(stages.once(job, "hold_back", lambda: proving.hold_back(job)))


def _count_phrases(job: Job, stages: Stages, done: list[dict[str, Any]]) -> None:
    job.put(np.array([sum(one["answers"] for one in done)], np.int64), "answers.npy")
    stages.map(job, "add_phrases", phrases.add_phrases, range(phrases.buckets_for(job)))


def _summary(
    job: Job,
    done: list[dict[str, Any]],
    capped: dict[str, int],
    compared: dict[str, Any] | None,
    model: dict[str, str] | None,
    masks: Masks | None,
    *,
    near: bool,
) -> tuple[Any, pl.DataFrame]:
    between, leaks = proving.between_shards(job)
    items = job.path("held_out.arrow")
    summary = figures.summarise_shards(
        job,
        job.recipe,
        done,
        capped,
        tokenizer=None if model is None else model["name"],
        masks=masks,
        split=proving.prove_shards(job, measured=near),
        held_out=proving.certify_shards(job, job.load(items)) if items.exists() else [],
        between=between,
        compared=compared,
    )
    return summary, leaks
