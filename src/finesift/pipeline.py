"""The whole flow: read, render, check, decide, split, write."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from finesift import run as runs
from finesift.corpus import HELD_OUT, RENDERED, Corpus
from finesift.errors import InputError, ModelError
from finesift.findings import FINDINGS
from finesift.policy import decide, read_decisions
from finesift.recipe import Recipe
from finesift.registry import Check, load_checks
from finesift.report import held_out as held
from finesift.report.held_out import HeldOut
from finesift.report.inspection import Inspection, inspection
from finesift.report.summary import Masks, Summary, masks_of, summarise
from finesift.split.assign import assign
from finesift.split.groups import group
from finesift.split.proof import HELD_BACK, prove
from finesift.split.strata import mix, strata

if TYPE_CHECKING:
    from finesift.chat.audit import Audit
    from finesift.chat.spans import Wanted
    from finesift.chat.tokenizer import Tokenizer

# Their versions are part of what it takes to repeat a run.
LIBRARIES = ("polars", "pyarrow", "numpy", "tokenizers", "jinja2")
#: Rows of validation and of test that training is looked through for, chosen by content: what it costs stays bounded.
BETWEEN = 5_000

# Tokens of a row that is read at a glance.
_GLANCE = 180
# Rows that are rendered to find one without problems.
_LOOKED_AT = 32

Tell = Callable[[str, int, int], None]


def prep(recipe: Recipe, out: str | Path, *, force: bool = False, tell: Tell | None = None) -> runs.Run:
    """Raw rows in, a run folder out. `tell(stage, done, total)` is called as work goes on.

    Raises UsageError where `out` is in the way, InputError where a file cannot be read at all, ModelError
    where the tokenizer or template cannot be used. A bad row raises nothing: it ends in its place.
    """
    out = Path(out)
    runs.refuse_occupied(out, force=force)
    clock = Clock()
    return _finish(look(recipe, clock, tell, refuse_losses=True), recipe, out, clock, force=force)


def redecide(
    run: runs.Run, recipe: Recipe, out: str | Path, *, force: bool = False, tell: Tell | None = None
) -> runs.Run:
    """A run's findings under another recipe's limits and policy: nothing is measured again.

    The rows are read again from the run's inputs, which must be unchanged. Raises as `prep` does, and UsageError
    where an input has changed or cannot be read twice.
    """
    out = Path(out)
    runs.refuse_occupied(out, force=force)
    recipe.refuse_unknown_checks(load_checks())
    clock = Clock()
    with clock("read"):
        _refuse_changed(run)
        corpus = read_data(recipe, tell)
        counted = run.table("examples").select("example", "tokens", "trained", error=pl.lit(None, pl.String))
        corpus = replace(corpus, rendered=counted.cast(RENDERED), near=run.table("near"))
    with clock("decide"):
        findings = run.findings()
        decisions = _decide(corpus, findings, recipe)
    known = Summary.from_dict(run.manifest["summary"])
    compared = known.split is not None and known.split.measured
    seen = Seen(
        corpus,
        findings,
        decisions,
        run.manifest["tokenizer"],
        known.masks,
        known.capped,
        compared,
        views=run.table("masks"),
    )
    return _finish(seen, recipe, out, clock, force=force)


def _finish(seen: Seen, recipe: Recipe, out: Path, clock: Clock, *, force: bool) -> runs.Run:
    """Splits what was seen and writes the run."""
    with clock("split"):
        placed, mixed = place(seen, recipe)
        splits = _fates(placed, seen.decisions)
    with clock("prove"):
        fates = splits.join(
            placed.select("example", "synthetic", "existing"), on="example", maintain_order="left"
        )
        near = seen.corpus.near
        proof = prove(seen.corpus.examples, near, fates, mixed, recipe.split, measured=seen.compared)
    with clock("between the splits"):
        between = _between(seen.corpus, splits, recipe)
    with clock("held out"):
        held_out = _certify(seen, recipe) if seen.corpus.held_out.height else []
    summary = summarise(
        seen.corpus,
        seen.findings,
        seen.decisions,
        splits,
        recipe,
        seen.counted_with,
        seen.capped,
        seen.masks,
        split=proof,
        held_out=held_out,
        between=between,
    )
    assert summary.adds_up, summary.fates
    with clock("describe"):
        about = describe(recipe, seen.tokenizer) | {"seconds": clock.seconds}
    tokenize = None
    if recipe.model.tokenized:
        from finesift.write.tokens import tokenized

        tokenizer = seen.loaded or tokenizer_of(recipe)
        tokenize = partial(tokenized, tokenizer=tokenizer, wanted=wanted_of(recipe))
    return runs.write(
        out,
        force=force,
        corpus=seen.corpus,
        findings=seen.findings,
        decisions=seen.decisions,
        splits=splits,
        summary=summary,
        recipe=recipe,
        about=about,
        views=_views(seen, splits, recipe),
        tokenize=tokenize,
    )


def _views(seen: Seen, splits: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Two rows as the model reads them, for the report, as `chat.view.VIEWS`: one whose mask is proved, and one with
    problems, if there is any. Neither is sealed, or holds a secret."""
    from finesift.chat.view import VIEWS, view

    shut = pl.concat(
        [splits.filter("sealed")["example"], seen.findings.filter(pl.col("check") == "secrets")["example"]]
    )
    open_ = seen.corpus.examples.filter(~pl.col("example").is_in(shut.implode())).select("example", "id")
    if seen.views is not None:
        return seen.views.filter(pl.col("id").is_in(open_["id"].implode()))
    if seen.masks is None or seen.loaded is None:
        return VIEWS.to_frame()
    aside = splits.filter(pl.col("fate") == "set_aside").select("example")
    faulty = [worst.id for worst in seen.masks.worst]
    told = pl.concat([seen.corpus.problems["example"], open_.filter(pl.col("id").is_in(faulty))["example"]])
    messages = seen.corpus.turns.group_by("example").agg(messages=pl.len())
    # Of a size that is read at a glance, and rather with several turns; which of them follows content, not order.
    proved = (
        open_.filter(~pl.col("example").is_in(told.implode()))
        .join(aside, on="example", how="anti")
        .join(seen.corpus.rendered.filter(pl.col("trained") > 0), on="example")
        .join(messages, on="example")
        .with_columns(far=(pl.col("tokens").cast(pl.Int64) - _GLANCE).abs(), one=pl.col("messages") < 4)
        .sort("one", "far", "id")
    )
    by_id = dict(open_.select("id", "example").filter(pl.col("id").is_in(faulty)).iter_rows())
    with_problems = [by_id[worst.id] for worst in seen.masks.worst if worst.id in by_id and worst.tokens]
    # Losses that the recipe accepts are no findings: only the view says which row has none.
    looked_at = [*proved["example"].head(_LOOKED_AT), *with_problems[:1]]
    views = view(seen.corpus, seen.loaded, looked_at, wanted_of(recipe))
    order = {id_: place for place, id_ in enumerate(proved["id"].head(_LOOKED_AT))}
    clean = sorted((one for one in views if not one.problems), key=lambda one: order.get(one.id, _LOOKED_AT))
    faulty_ones = [one for one in views if one.problems and one.id not in order]
    shown = [*clean[: 1 if faulty_ones else 2], *faulty_ones[:1]]
    return pl.DataFrame([one.as_dict() for one in shown], schema=VIEWS)


def place(seen: Seen, recipe: Recipe) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every row's group and split (see `assign`), and what the splits are made of (see `mix`)."""
    groups = group(seen.corpus, seen.findings, recipe.split)
    mixed = mix(seen.corpus, recipe.split)
    known = strata(seen.corpus, mixed, recipe.split)
    return assign(groups.join(known, on="example", maintain_order="left"), recipe.split), mixed


def inspect(recipe: Recipe, *, tell: Tell | None = None) -> Inspection:
    """The same look at the data, without a split; writes nothing."""
    seen = look(recipe, Clock(), tell)
    summary = summarise(
        seen.corpus, seen.findings, seen.decisions, None, recipe, seen.counted_with, seen.capped, seen.masks
    )
    return inspection(summary, seen.corpus, seen.decisions)


def audit(batches: Iterable[Mapping[str, Any]], run: str | Path, *, partial: bool = False) -> Audit:
    """Compares a trainer's batches with the proved masks of a run's training rows.

        found = finesift.audit(trainer.get_train_dataloader(), "run")
        print(found)
        assert found.ok

    batches: mappings with input_ids and labels, optionally attention_mask and position_ids; each [rows, tokens]
    as lists, arrays or tensors on the CPU. partial: not all batches of an epoch, so rows may be missing.
    Raises UsageError where `run` is no run, ModelError where its tokenizer is not to be had or has changed,
    InputError where a batch is not of that form.
    """
    from finesift.chat.audit import compare, expected
    from finesift.read import read

    opened = runs.Run.open(run)
    recipe = Recipe.parse(opened.manifest["recipe"])
    tokenizer = tokenizer_of(recipe)
    known = opened.manifest["tokenizer"]
    if known is not None and known["sha256"] != tokenizer.hash:
        raise ModelError(
            f"{tokenizer.name} is not the tokenizer that {opened.path} was made with: its files have changed.",
            hint="Put them back, or run `finesift prep` again.",
        )
    corpus = read([str(opened.path / "train.jsonl")])
    bos = tokenizer.tokens.get("bos_token")
    return compare(
        batches,
        expected(corpus, tokenizer, wanted_of(recipe)),
        bos=None if bos is None else tokenizer.backend.token_to_id(bos),
        partial=partial,
    )


@dataclass(frozen=True)
class Seen:
    """Everything about the data before it is split."""

    corpus: Corpus
    findings: pl.DataFrame
    decisions: pl.DataFrame
    tokenizer: dict[str, str] | None  # its name and sha256
    masks: Masks | None  # None: nothing was rendered
    capped: dict[str, int]  # see `finesift.match.compare`
    compared: bool  # whether rows were compared with one another
    loaded: Tokenizer | None = None  # the tokenizer, where rows were rendered just now
    views: pl.DataFrame | None = None  # of rows as the model reads them, where they were made before

    @property
    def counted_with(self) -> str | None:
        return None if self.tokenizer is None else self.tokenizer["name"]


def look(recipe: Recipe, clock: Clock, tell: Tell | None = None, *, refuse_losses: bool = False) -> Seen:
    """Read, render, check and decide. refuse_losses: raise ModelError where the template loses data."""
    checks = load_checks()
    recipe.refuse_unknown_checks(checks)
    with clock("read"):
        corpus = replace(read_data(recipe, tell), held_out=_held_out(recipe))
    tokenizer = masks = None
    if recipe.model.count_tokens:
        from finesift.chat.proof import prove

        with clock("render"):
            tokenizer = tokenizer_of(recipe)
            proof = prove(corpus, tokenizer, wanted_of(recipe), progress=_stage(tell, "masking"))
            # Nobody chose the packaged template, so what it loses is a matter for review.
            if refuse_losses and (recipe.model.tokenizer or recipe.model.template):
                proof.refuse_losses(corpus, tokenizer, recipe.model.accept_losses)
            problems = proof.problems_but(recipe.model.accept_losses)
            corpus = replace(corpus, rendered=proof.rendered(corpus), problems=problems)
            masks = masks_of(proof, corpus)
    capped: dict[str, int] = {}
    compared = False
    running = [check for check in checks.values() if recipe.runs(check.name)]
    if any("near" in check.tables for check in running):
        from finesift.match.compare import compare

        with clock("compare"):
            known = checks["near_duplicate"].settings
            near, capped = compare(corpus, **known | recipe.settings_of("near_duplicate", known))
            corpus, compared = replace(corpus, near=near), True
    with clock("check"):
        findings = measure(corpus, [c for c in checks.values() if recipe.runs(c.name)], recipe, tell)
    with clock("decide"):
        decisions = _decide(corpus, findings, recipe)
    model = None if tokenizer is None else {"name": tokenizer.name, "sha256": tokenizer.hash}
    return Seen(corpus, findings, decisions, model, masks, capped, compared, tokenizer)


def wanted_of(recipe: Recipe) -> Wanted:
    """What the recipe says is to be trained. Raises ModelError where a setting is none of a template."""
    from finesift.chat.spans import Wanted

    model = recipe.model
    return Wanted(model.train_reasoning, model.train_turns == "last", model.template_settings)


def tokenizer_of(recipe: Recipe) -> Tokenizer:
    from finesift.chat.tokenizer import load_tokenizer

    return load_tokenizer(recipe.model.tokenizer, template=recipe.model.template)


def read_data(recipe: Recipe, tell: Tell | None = None) -> Corpus:
    """The corpus of the recipe's files."""
    from finesift.read import read

    return read(
        recipe.data.train,
        roles=recipe.data.roles,
        columns=recipe.data.columns,
        repair=recipe.data.repair,
        trees=recipe.data.trees,
        progress=_stage(tell, "reading"),
    )


def _decide(corpus: Corpus, findings: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    same = [check.name for check in load_checks().values() if check.same]
    file = recipe.policy.decisions
    persons = read_decisions(file, corpus.examples["id"]) if file else None
    return decide(corpus.examples, corpus.turns, findings, recipe, same=same, persons=persons)


def _refuse_changed(run: runs.Run) -> None:
    """What a run knows about its rows holds only for the files that it read."""
    for file in run.manifest["inputs"]:
        path = Path(file["path"])
        if not path.is_file() or runs.sha256(path) != file["sha256"]:
            raise InputError(
                f"{path} is not what {run.path} was made from.",
                hint="Put the file back, or run `finesift prep` again.",
            )
    if not run.manifest["inputs"]:
        raise InputError(
            f"{run.path} was made from something that cannot be read again, such as standard input.",
            hint="Save the data to a file, and run `finesift prep` on it.",
        )


def measure(corpus: Corpus, checks: list[Check], recipe: Recipe, tell: Tell | None = None) -> pl.DataFrame:
    """The findings of all checks. Row checks go batch by batch, corpus checks see everything at once."""
    found = [FINDINGS.to_frame()]
    settings = {c.name: recipe.settings_of(c.name, c.settings) for c in checks}
    done, total = 0, corpus.examples.height
    # Where nothing is held out there is nothing to compare with.
    checks = [c for c in checks if corpus.held_out.height or "held_out" not in c.tables]
    by_row = [c for c in checks if c.scope == "row"]
    for batch in corpus.batches():
        found += pl.collect_all([check(batch.tables, **settings[check.name]) for check in by_row])
        done += batch.examples.height
        if tell:
            tell("checking", done, total)
    across = [c for c in checks if c.scope == "corpus"]
    found += pl.collect_all([check(corpus.tables, **settings[check.name]) for check in across])
    return pl.concat(found).sort("example", "check", "turn", "start", nulls_last=True)


def _certify(seen: Seen, recipe: Recipe) -> list[HeldOut]:
    """What was found of each held-out set, and what would have been."""
    from finesift.match.embed import load_encoder

    checks = load_checks()
    running = [checks[name] for name in held.CHECKS if recipe.runs(name)]
    settings = recipe.settings_of("restatement", checks["restatement"].settings)
    encoder = load_encoder(settings.get("encoder")) if recipe.runs("restatement") else None
    items = seen.corpus.held_out
    return held.held_out_sets(
        items,
        held.found(seen.corpus.examples, seen.findings),
        seen.decisions.select("example", "outcome"),
        files={
            name: {path: runs.sha256(Path(path)) for path in _files([file])}
            for name, file in recipe.held_out.items()
        },
        review={check.name: recipe.limit(check.name).review or 1.0 for check in running},
        caught=_caught(items, running, recipe),
        encoder=None if encoder is None else encoder.name,
    )


def _between(corpus: Corpus, splits: pl.DataFrame, recipe: Recipe) -> list[HeldOut]:
    """The contamination check of what is trained on against what is held back, as if that were an evaluation."""
    from finesift.read.held_out import items

    check = load_checks()["contamination"]
    if not recipe.runs(check.name):
        return []
    frames = [HELD_OUT.to_frame()]
    for split in HELD_BACK:
        rows = splits.filter(pl.col("fate") == split).join(
            corpus.examples.select("example", "id"), on="example"
        )
        some = corpus.only(rows.sort("id")["example"].head(BETWEEN))
        # Instructions are on both sides by intent.
        frames.append(items(replace(some, turns=some.turns.filter(pl.col("role") != "system")), split))
    held_back = pl.concat(frames)
    if not held_back.height:
        return []
    trained = corpus.only(splits.filter(pl.col("fate") == "train")["example"])
    trained = replace(trained, turns=trained.turns.filter(pl.col("role") != "system"))
    found = measure(replace(trained, held_out=held_back), [check], recipe)
    return held.held_out_sets(
        held_back,
        held.found(trained.examples, found),
        trained.examples.select("example", outcome=pl.lit("keep")),
        files={split: {} for split in HELD_BACK},
        review={check.name: recipe.limit(check.name).review or 1.0},
        caught=_caught(held_back, [check], recipe),
        encoder=None,
    )


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


def _held_out(recipe: Recipe) -> pl.DataFrame:
    """The items of all held-out sets."""
    from finesift.read import read
    from finesift.read.held_out import items

    frames = [HELD_OUT.to_frame()]
    for name, file in recipe.held_out.items():
        corpus = read([file], roles=recipe.data.roles, columns=recipe.data.columns)
        found = items(corpus, name)
        if not found.height:
            raise InputError(
                f"{file}: no item of the held-out set {name} could be read.",
                hint="Compared with nothing, data always looks clean. `finesift inspect` says what is wrong.",
            )
        frames.append(found)
    return pl.concat(frames)


def _fates(splits: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """example, group, split, fate and sealed. A row that is set aside keeps the split of its relatives: what
    is like a test row is sealed with it."""
    aside = pl.col("outcome") == "set_aside"
    return (
        splits.join(decisions.select("example", "outcome"), on="example", maintain_order="left")
        .with_columns(
            fate=pl.when(aside).then(pl.lit("set_aside")).otherwise(pl.col("split").cast(pl.String)),
            sealed=pl.col("split") == "test",
        )
        .select("example", "group", "split", "fate", "sealed")
    )


def describe(recipe: Recipe, tokenizer: dict[str, str] | None) -> dict[str, Any]:
    """Inputs by hash, the tokenizer, and versions: what it takes to repeat the run."""
    files = [Path(name) for name in _files(recipe.data.train)]
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": [
            {"path": str(file), "bytes": file.stat().st_size, "sha256": runs.sha256(file)} for file in files
        ],
        "tokenizer": tokenizer,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def _files(given: list[str]) -> list[str]:
    from finesift.read import paths

    return [name for name in paths(given) if Path(name).is_file()]


def _stage(tell: Tell | None, stage: str) -> Callable[[int, int], None] | None:
    return None if tell is None else lambda done, total: tell(stage, done, total)


class Clock:
    """Seconds per stage, for the manifest."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - start, 3)
