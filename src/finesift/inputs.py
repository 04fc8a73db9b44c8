"""What a recipe or a run names, opened: data, tokenizer, what is to be trained; and what it takes to repeat that."""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import polars as pl

from finesift import run as runs
from finesift.corpus import Corpus
from finesift.errors import ModelError
from finesift.measure import Tell
from finesift.recipe import Recipe
from finesift.tables import ALIKE

if TYPE_CHECKING:
    from finesift.chat.spans import Wanted
    from finesift.chat.tokenizer import Tokenizer


# Their versions are part of what it takes to repeat a run.
LIBRARIES = ("polars", "pyarrow", "numpy", "tokenizers", "jinja2")


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
        progress=stage(tell, "reading"),
    )
    return redacted(corpus, recipe.data.redact)


def read_for(recipe: Recipe, tokenizer: Tokenizer) -> Corpus:
    """The corpus of the recipe's files, tool calls in the form that the tokenizer's template wants."""
    from finesift.chat.forms import formed, wanted_form

    corpus = read_data(recipe)
    return formed(corpus, wanted_form(corpus, tokenizer))


def describe(recipe: Recipe, tokenizer: dict[str, str] | None) -> dict[str, Any]:
    """Inputs by hash, the tokenizer, and versions: what it takes to repeat the run."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": runs.inputs(recipe.data.train),
        "tokenizer": tokenizer,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def stage(tell: Tell | None, stage: str) -> Callable[[int, int], None] | None:
    return None if tell is None else lambda done, total: tell(stage, done, total)
