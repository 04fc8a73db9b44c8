"""Everything about the data before it is split: read, rendered, compared, checked and decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from finesift.clock import Clock as Clock
from finesift.corpus import Corpus
from finesift.inputs import read_data, stage, tokenizer_of, wanted_of
from finesift.leaks import held_out
from finesift.measure import Tell, measure
from finesift.policy import decide
from finesift.recipe import Recipe
from finesift.registry import load_checks
from finesift.report.summary import Masks, masks_of
from finesift.review.applied import Applied, edited
from finesift.tables import EDITS

if TYPE_CHECKING:
    from finesift.chat.tokenizer import Tokenizer
    from finesift.cover.of_run import Planned


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


def look(
    recipe: Recipe,
    clock: Clock,
    tell: Tell | None = None,
    *,
    refuse_losses: bool = False,
    corpus: Corpus | None = None,
) -> Seen:
    """Read, render, check and decide. refuse_losses: raise ModelError where the template loses data.

    corpus: what was read already.
    """
    checks = load_checks()
    recipe.refuse_unknown_checks(checks)
    with clock("read"):
        rows = read_data(recipe, tell) if corpus is None else corpus
        corpus = replace(rows, held_out=held_out(recipe))
        applied = Applied.load(recipe.policy.decisions, corpus.examples["id"])
        corpus, edits = edited(corpus, applied.journal)
    tokenizer = masks = form = None
    if recipe.model.count_tokens:
        with clock("render"):
            corpus, tokenizer, form, masks = _rendered(corpus, recipe, tell, refuse_losses=refuse_losses)
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
            corpus, by_meaning = _by_meaning(corpus, recipe, stage(tell, "embedding"))
    with clock("check"):
        findings = measure(corpus, running, recipe, tell)
    if (plan := planned(recipe)) is not None:
        with clock("plan"):
            corpus, findings = plan.measured(corpus, findings, running, recipe)
    with clock("decide"):
        decisions, reviewed = decided(corpus, findings, recipe, applied)
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


def _rendered(
    corpus: Corpus, recipe: Recipe, tell: Tell | None, *, refuse_losses: bool
) -> tuple[Corpus, Tokenizer, str | None, Masks]:
    """The corpus with its tokens, the tokenizer, the form in which it wants tool arguments, and the masks."""
    from finesift.chat.forms import formed, wanted_form
    from finesift.chat.proof import prove

    tokenizer = tokenizer_of(recipe)
    form = wanted_form(corpus, tokenizer)
    corpus = formed(corpus, form)
    proof = prove(corpus, tokenizer, wanted_of(recipe), progress=stage(tell, "masking"))
    # Nobody chose the packaged template, so what it loses is a matter for review.
    if refuse_losses and (recipe.model.tokenizer or recipe.model.template):
        proof.refuse_losses(corpus, tokenizer, recipe.model.accept_losses)
    problems = proof.problems_but(recipe.model.accept_losses)
    corpus = replace(corpus, rendered=proof.rendered(corpus), problems=problems)
    return corpus, tokenizer, form, masks_of(proof, corpus)


def planned(recipe: Recipe) -> Planned | None:
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


def decided(
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
