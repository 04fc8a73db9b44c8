"""The whole flow: read, render, check, decide, split, write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl

from finesift import run as runs
from finesift.clock import Clock
from finesift.corpus import Corpus
from finesift.errors import InputError
from finesift.inputs import alike_of, describe, read_data, tokenizer_of, wanted_of
from finesift.leaks import between, certify
from finesift.measure import Tell, measure
from finesift.recipe import Recipe
from finesift.registry import Check, load_checks
from finesift.report.inspection import Inspection, inspection
from finesift.report.summary import Summary, summarise
from finesift.report.verdict import verdict
from finesift.review.applied import Applied, edited
from finesift.secret.redaction import figures, keep
from finesift.seen import Seen, decided, look, planned
from finesift.split.assign import assign
from finesift.split.groups import group
from finesift.split.proof import prove
from finesift.split.represented import represented
from finesift.split.strata import mix, strata
from finesift.tables import RENDERED
from finesift.writing import write

#: A first look at more than so many rows renders and checks so many of them.
MANY, DRAWN = 10_000, 2_000


#: What stands for a recipe: itself, its path, or files of rows with the defaults.
Given = Recipe | str | Path | Sequence[str | Path]


def _recipe(given: Given) -> Recipe:
    if isinstance(given, Recipe):
        return given
    files = [given] if isinstance(given, str | Path) else [*given]
    if len(files) == 1 and str(files[0]).endswith(".toml"):
        return Recipe.load(files[0])
    return Recipe.parse({"data": {"train": [str(Path(file).expanduser()) for file in files]}})


def prep(recipe: Given, out: str | Path, *, force: bool = False, tell: Tell | None = None) -> runs.Run:
    """Raw rows in, a run folder out. `tell(stage, done, total)` is called as work goes on.

    recipe: a recipe, the path of one (.toml), a file of rows, or a list of such files.

    Raises UsageError where `out` is in the way, InputError where a file cannot be read at all or no row is there,
    ModelError where the tokenizer or template cannot be used. A bad row raises nothing: it ends in its place.
    """
    out = Path(out)
    recipe = _recipe(recipe)
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
        plan = planned(recipe)
        if plan is not None or run.manifest["recipe"].get("coverage", {}).get("plan"):
            # What a plan wants may have changed, and what it says of refusals: that is measured again.
            findings = _without_plan(corpus, findings, recipe)
        if plan is not None:
            corpus, findings = plan.measured(corpus, findings, _running(recipe), recipe)
        decisions, reviewed = decided(corpus, findings, recipe, applied)
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


def _without_plan(corpus: Corpus, findings: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """The findings as they are before a plan is looked at."""
    from finesift.cover.settled import CHECK

    by_plan = [name for name, check in load_checks().items() if "planned" in check.tables]
    kept = findings.filter(~pl.col("check").is_in([*by_plan, CHECK]))
    return pl.concat([kept, measure(corpus, [one for one in _running(recipe) if one.name == CHECK], recipe)])


def _running(recipe: Recipe) -> list[Check]:
    return [check for check in load_checks().values() if recipe.runs(check.name)]


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


def inspect(recipe: Given, *, some: bool = False, tell: Tell | None = None) -> Inspection:
    """The same look at the data, without a split; writes nothing.

    some: where there are more than MANY rows, only DRAWN of them are rendered and checked, and none is compared with
    another. Which ones follows from what rows say.
    """
    recipe = _recipe(recipe)
    clock = Clock()
    corpus = read_data(recipe, tell)
    # A journal or a plan speaks of all rows.
    whole = recipe.policy.decisions or recipe.coverage.plan or corpus.examples.height <= MANY
    if not some or whole:
        seen = look(recipe, clock, tell, corpus=corpus)
        return inspection(_summary(seen, recipe), seen.corpus, seen.decisions)
    across = [c.name for c in load_checks().values() if c.scope == "corpus" and "held_out" not in c.tables]
    alone = recipe.merge(checks={name: {"run": False} for name in across})
    drawn = corpus.examples.select("example", "id").bottom_k(DRAWN, by="id")["example"].sort()
    seen = look(alone, clock, tell, corpus=corpus.only(drawn))
    nothing = Seen(corpus, seen.findings.clear(), seen.decisions.clear(), None, None, {}, compared=False)
    of_all, of_drawn = _summary(nothing, recipe), _summary(seen, recipe)
    summary = replace(
        of_all,
        **{
            name: getattr(of_drawn, name) for name in ("reviews", "tokens", "trained_with", "checks", "masks")
        },
    )
    return inspection(summary, corpus, seen.decisions, drawn=drawn.len())


def _summary(seen: Seen, recipe: Recipe) -> Summary:
    """Of what was seen, before any split."""
    return summarise(
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
