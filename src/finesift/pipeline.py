"""The whole flow: read, render, check, decide, split, write."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from finesift import run as runs
from finesift.clock import Clock as Clock
from finesift.corpus import ALIKE, EDITS, RENDERED, Corpus
from finesift.errors import InputError, ModelError
from finesift.leaks import between, certify, held_out
from finesift.measure import Tell, measure
from finesift.policy import decide
from finesift.recipe import Recipe
from finesift.registry import load_checks
from finesift.report.inspection import Inspection, inspection
from finesift.report.summary import Masks, Summary, masks_of, summarise
from finesift.report.verdict import verdict
from finesift.review.applied import Applied, edited
from finesift.secret.redaction import figures, keep
from finesift.split.assign import assign
from finesift.split.groups import group
from finesift.split.proof import prove
from finesift.split.represented import represented
from finesift.split.strata import mix, strata
from finesift.writing import write

if TYPE_CHECKING:
    from finesift.chat.audit import Audit
    from finesift.chat.spans import Wanted
    from finesift.chat.tokenizer import Tokenizer
    from finesift.cover.of_run import Planned

# Their versions are part of what it takes to repeat a run.
LIBRARIES = ("polars", "pyarrow", "numpy", "tokenizers", "jinja2")


def prep(recipe: Recipe, out: str | Path, *, force: bool = False, tell: Tell | None = None) -> runs.Run:
    """Raw rows in, a run folder out. `tell(stage, done, total)` is called as work goes on.

    Raises UsageError where `out` is in the way, InputError where a file cannot be read at all or no row is there,
    ModelError where the tokenizer or template cannot be used. A bad row raises nothing: it ends in its place.
    """
    out = Path(out)
    runs.refuse_occupied(out, force=force)
    clock = Clock()
    seen = look(recipe, clock, tell, refuse_losses=True)
    if not seen.corpus.rows:
        raise InputError(
            f"no row was read from {', '.join(recipe.data.train[:3])}.",
            hint="Is it the right file? A run needs at least one row.",
        )
    return _finish(seen, recipe, out, clock, before=runs.replaced(out), force=force)


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
    from finesift.chat.forms import formed

    clock = Clock()
    with clock("read"):
        _refuse_changed(run)
        corpus = formed(read_data(recipe, tell), (run.manifest["tokenizer"] or {}).get("arguments"))
        applied = Applied.load(recipe.policy.decisions, corpus.examples["id"])
        if applied.corrections != (run.manifest.get("review") or {}).get("corrections"):
            # A corrected text meets every check, the comparison with all other rows too.
            return _finish(look(recipe, clock, tell), recipe, out, clock, before=run, force=force)
        corpus, edits = edited(corpus, applied.journal)
        counted = run.table("examples").select("example", "tokens", "trained", error=pl.lit(None, pl.String))
        corpus = replace(corpus, rendered=counted.cast(RENDERED), near=run.table("near"), alike=alike_of(run))
    with clock("decide"):
        findings = run.findings()
        if (plan := _plan(recipe)) is not None:
            corpus = replace(corpus, planned=plan.of(corpus, findings))
        decisions, reviewed = _decide(corpus, findings, recipe, applied)
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
        by_meaning=None if known.meaning is None else known.meaning.compared,
        views=run.table("masks"),
        edits=edits,
        review=reviewed,
        plan=plan,
    )
    return _finish(seen, recipe, out, clock, before=run, force=force)


def _finish(
    seen: Seen, recipe: Recipe, out: Path, clock: Clock, *, before: runs.Run | None, force: bool
) -> runs.Run:
    """Splits what was seen and writes the run. before: the run that it replaces or decides again."""
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
        leaked, leaks = between(seen.corpus, splits, recipe)
    with clock("held out"):
        evaluations = certify(seen.corpus, seen.findings, seen.decisions, recipe)
    with clock("summarise"):
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
            held_out=evaluations,
            between=leaked,
            compared=seen.by_meaning,
        )
    assert summary.adds_up, summary.fates
    covered = None
    if seen.plan is not None:
        with clock("cover"):
            covered = seen.plan.cover(seen.corpus, seen.findings, splits)
    with clock("describe"):
        about = describe(recipe, seen.tokenizer) | {"seconds": clock.seconds, "review": seen.review}
        about |= {} if covered is None else {"coverage": covered}
        about["verdict"] = verdict(summary, recipe, covered).as_dict()
    tokenize = None
    if recipe.model.tokenized:
        from finesift.write.tokens import tokenized

        tokenizer = seen.loaded or tokenizer_of(recipe)
        tokenize = partial(tokenized, tokenizer=tokenizer, wanted=wanted_of(recipe))
    if seen.corpus.redactions.height:
        about["redacted"] = figures(seen.corpus.redactions)
    with clock("show"):
        views = _views(seen, splits, recipe)
    run = write(
        out,
        force=force,
        corpus=seen.corpus,
        findings=seen.findings,
        decisions=seen.decisions,
        splits=splits,
        summary=summary,
        recipe=recipe,
        about=about,
        views=views,
        leaks=leaks,
        edits=seen.edits,
        before=before,
        tokenize=tokenize,
    )
    keep(seen.corpus.redactions, out)
    return run


def _views(seen: Seen, splits: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Rows as the model reads them, for the report."""
    from finesift.chat.view import VIEWS
    from finesift.report.rendered import presentable, rendered

    if seen.views is not None:
        return seen.views.join(presentable(seen.corpus, seen.findings, splits), on="id", how="semi")
    if seen.masks is None or seen.loaded is None:
        return VIEWS.to_frame()
    return rendered(seen.corpus, seen.findings, splits, seen.masks, seen.loaded, wanted_of(recipe))


def place(seen: Seen, recipe: Recipe) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every row's group and split (see `assign`), and what the splits are made of (see `mix`)."""
    groups = group(seen.corpus, seen.findings, recipe.split)
    mixed = mix(seen.corpus, recipe.split)
    known = strata(seen.corpus, mixed, recipe.split)
    placed = assign(groups.join(known, on="example", maintain_order="left"), recipe.split)
    kept = seen.decisions.filter(pl.col("outcome") != "set_aside")
    planned = seen.corpus.planned.join(kept, on="example", how="semi", maintain_order="left")
    return represented(placed, planned, recipe.split), mixed


def inspect(recipe: Recipe, *, tell: Tell | None = None) -> Inspection:
    """The same look at the data, without a split; writes nothing."""
    seen = look(recipe, Clock(), tell)
    summary = summarise(
        seen.corpus,
        seen.findings,
        seen.decisions,
        None,
        recipe,
        seen.counted_with,
        seen.capped,
        seen.masks,
        compared=seen.by_meaning,
    )
    return inspection(summary, seen.corpus, seen.decisions)


def rehearse(recipe: Recipe, *, tell: Tell | None = None) -> Summary:
    """What `prep` would say of the rows and where each would go; writes nothing."""
    recipe.refuse_unknown_checks(load_checks())
    seen = look(recipe, Clock(), tell)
    placed, _ = place(seen, recipe)
    return summarise(
        seen.corpus,
        seen.findings,
        seen.decisions,
        _fates(placed, seen.decisions),
        recipe,
        seen.counted_with,
        seen.capped,
        seen.masks,
    )


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
    tokenizer = tokenizer_of_run(opened)
    corpus = read([str(file) for file in opened.files("train")])
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
    tokenizer: dict[str, str] | None  # its name, its sha256, and the form in which it wants tool arguments
    masks: Masks | None  # None: nothing was rendered
    capped: dict[str, int]  # see `finesift.match.compare`
    compared: bool  # whether rows were compared with one another
    by_meaning: dict[str, Any] | None = None  # what was compared by meaning, see `match.meaning.Compared`
    loaded: Tokenizer | None = None  # the tokenizer, where rows were rendered just now
    views: pl.DataFrame | None = None  # of rows as the model reads them, where they were made before
    edits: pl.DataFrame = field(default_factory=EDITS.to_frame)  # texts that people corrected
    review: dict[str, Any] | None = None  # what people decided, see `finesift.review.applied`
    plan: Planned | None = None  # the plan that the recipe names

    @property
    def counted_with(self) -> str | None:
        return None if self.tokenizer is None else self.tokenizer["name"]


def look(recipe: Recipe, clock: Clock, tell: Tell | None = None, *, refuse_losses: bool = False) -> Seen:
    """Read, render, check and decide. refuse_losses: raise ModelError where the template loses data."""
    checks = load_checks()
    recipe.refuse_unknown_checks(checks)
    with clock("read"):
        corpus = replace(read_data(recipe, tell), held_out=held_out(recipe))
        applied = Applied.load(recipe.policy.decisions, corpus.examples["id"])
        corpus, edits = edited(corpus, applied.journal)
    tokenizer = masks = form = None
    if recipe.model.count_tokens:
        from finesift.chat.forms import formed, wanted_form
        from finesift.chat.proof import prove

        with clock("render"):
            tokenizer = tokenizer_of(recipe)
            form = wanted_form(corpus, tokenizer)
            corpus = formed(corpus, form)
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
    by_meaning = None
    if any("alike" in check.tables for check in running):
        with clock("compare by meaning"):
            corpus, by_meaning = _by_meaning(corpus, recipe, _stage(tell, "embedding"))
    with clock("check"):
        findings = measure(corpus, running, recipe, tell)
    if (plan := _plan(recipe)) is not None:
        with clock("plan"):
            corpus, findings = plan.measured(corpus, findings, running, recipe)
    with clock("decide"):
        decisions, reviewed = _decide(corpus, findings, recipe, applied)
    model = None if tokenizer is None else {"name": tokenizer.name, "sha256": tokenizer.hash}
    if model is not None and form is not None:
        model["arguments"] = form
    return Seen(
        corpus,
        findings,
        decisions,
        model,
        masks,
        capped,
        compared,
        by_meaning,
        tokenizer,
        edits=edits,
        review=reviewed,
        plan=plan,
    )


def _plan(recipe: Recipe) -> Planned | None:
    if recipe.coverage.plan is None:
        return None
    from finesift.cover.of_run import Planned

    return Planned(recipe)


def _by_meaning(
    corpus: Corpus, recipe: Recipe, tell: Callable[[int, int], None] | None
) -> tuple[Corpus, dict[str, Any]]:
    """The corpus with the pairs that ask the same in other words, and what was compared."""
    from finesift.embed.load import load_encoder
    from finesift.match.meaning import alike

    known = load_checks()["paraphrase_duplicate"].settings
    settings = known | recipe.settings_of("paraphrase_duplicate", known)
    encoder = load_encoder(settings["encoder"] or None)
    found, compared, _ = alike(corpus, encoder, budget=settings["texts"], tell=tell)
    return replace(corpus, alike=found), compared.as_dict()


def alike_of(run: runs.Run) -> pl.DataFrame:
    """The pairs of a run that ask the same; a run of before they were looked for has no table of them."""
    there = (run.path / "tables/alike.parquet").is_file()
    return run.table("alike") if there else ALIKE.to_frame()


def wanted_of(recipe: Recipe) -> Wanted:
    """What the recipe says is to be trained. Raises ModelError where a setting is none of a template."""
    from finesift.chat.spans import Wanted

    model = recipe.model
    return Wanted(model.train_reasoning, model.train_turns == "last", model.template_settings)


def tokenizer_of(recipe: Recipe) -> Tokenizer:
    from finesift.chat.tokenizer import load_tokenizer

    return load_tokenizer(recipe.model.tokenizer, template=recipe.model.template)


def tokenizer_of_run(run: runs.Run) -> Tokenizer:
    """The tokenizer that a run was made with. Raises ModelError where it is not to be had or has changed since."""
    tokenizer = tokenizer_of(Recipe.parse(run.manifest["recipe"]))
    known = run.manifest["tokenizer"]
    if known is not None and known["sha256"] != tokenizer.hash:
        raise ModelError(
            f"{tokenizer.name} is not the tokenizer that {run.path} was made with: its files have changed.",
            hint="Put them back, or run `finesift prep` again.",
        )
    return tokenizer


def read_data(recipe: Recipe, tell: Tell | None = None) -> Corpus:
    """The corpus of the recipe's files."""
    from finesift.read import read
    from finesift.secret.redaction import redacted

    corpus = read(
        recipe.data.train,
        roles=recipe.data.roles,
        columns=recipe.data.columns,
        repair=recipe.data.repair,
        trees=recipe.data.trees,
        multimodal=recipe.data.multimodal,
        pairs=recipe.data.pairs,
        calls=recipe.data.calls,
        progress=_stage(tell, "reading"),
    )
    return redacted(corpus, recipe.data.redact)


def read_for(recipe: Recipe, tokenizer: Tokenizer) -> Corpus:
    """The corpus of the recipe's files, tool calls in the form that the tokenizer's template wants."""
    from finesift.chat.forms import formed, wanted_form

    corpus = read_data(recipe)
    return formed(corpus, wanted_form(corpus, tokenizer))


def _decide(
    corpus: Corpus, findings: pl.DataFrame, recipe: Recipe, applied: Applied
) -> tuple[pl.DataFrame, dict[str, Any] | None]:
    """The decisions, and what is to be said of people's part in them."""
    same = [check.name for check in load_checks().values() if check.same]
    persons = applied.persons
    # A lot is what would train if somebody had looked at it.
    looked_at = findings.filter(pl.col("check") != "unreviewed_synthetic")
    would = decide(corpus.examples, corpus.turns, looked_at, recipe, same=same, persons=persons)
    gates = applied.gates(corpus, findings, would, recipe)
    held = applied.held(corpus, findings, gates)
    passed = applied.passed(corpus, findings, gates)
    unseen = findings.filter(
        (pl.col("check") != "unreviewed_synthetic") | ~pl.col("example").is_in(passed.implode())
    )
    if held.height or unseen.height > looked_at.height:
        # Before anything is compared: no row gives way to one that does not train.
        both = held if persons is None else pl.concat([held, persons])
        would = decide(corpus.examples, corpus.turns, unseen, recipe, same=same, persons=both)
    return would, applied.about(corpus, gates)


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
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": runs.inputs(recipe.data.train),
        "tokenizer": tokenizer,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def _stage(tell: Tell | None, stage: str) -> Callable[[int, int], None] | None:
    return None if tell is None else lambda done, total: tell(stage, done, total)
