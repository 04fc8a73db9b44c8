"""A trainer's batches, compared with the proved masks of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finesift import run as runs
from finesift.inputs import tokenizer_of_run, wanted_of
from finesift.recipe import Recipe

if TYPE_CHECKING:
    from finesift.chat.audit import Audit


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
