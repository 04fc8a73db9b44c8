"""`finesift prep`: the main job."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finesift.cli.options import (
    Columns,
    Files,
    Force,
    Full,
    HeldOut,
    Json,
    MaxTokens,
    Multimodal,
    NoReasoning,
    NoTokens,
    Quiet,
    RecipeFile,
    Redact,
    Roles,
    TemplateFile,
    TokenizerName,
    TrainTurns,
)
from finesift.cli.output import print_rehearsal, print_run, progress
from finesift.cli.program import app
from finesift.cli.settings import model_of, settings_of
from finesift.errors import UsageError

if TYPE_CHECKING:
    from finesift.engine.memory import Sizes
    from finesift.engine.tasks import Engine
    from finesift.measure import Tell
    from finesift.recipe import Recipe
    from finesift.run import Run


@app.command()
def prep(
    data: Files = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="RUN", help="The folder to write.")
    ] = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    train_turns: TrainTurns = None,
    no_train_reasoning: NoReasoning = False,
    max_tokens: MaxTokens = None,
    no_tokens: NoTokens = False,
    validation: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Of the rows kept; default 0.05.")
    ] = None,
    test: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Of the rows kept; default 0.05.")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of the split; default 17.")] = None,
    role: Roles = None,
    column: Columns = None,
    multimodal: Multimodal = None,
    redact: Redact = None,
    held_out: HeldOut = None,
    tokenized: Annotated[
        bool, typer.Option("--tokenized", help="Write token ids and labels as Parquet, too.")
    ] = False,
    as_read: Annotated[
        bool, typer.Option("--as-read", help="Write kept rows in the layout that they came in, too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say where every row would go, and write nothing.")
    ] = False,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="4GB|all",
            help="Stay below this: rows go through in shards, on the disk, as 100 MB and more do; "
            "all: hold them in memory.",
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(metavar="local|ray", help="Where shards are worked on: here, or on a Ray cluster."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT|auto", help="Of the Ray cluster. Default: one of this machine."),
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    full: Full = False,
) -> None:
    """The main job: raw rows in, a clean split set with its reasons out.

    Example:  finesift prep raw/*.jsonl -o run --max-tokens 4096
    """
    if out is None and not dry_run:
        raise UsageError("where should the run go?", hint="Say so with -o:  finesift prep DATA -o run")
    if out is not None and re.match(r"[a-z][a-z0-9+]+:/", str(out)):
        raise UsageError(
            f"{out}: a run is written to a folder here, not to a store.",
            hint="Copy it when it is there, manifest.json last: a folder without one is no run.",
        )
    model = model_of(tokenizer, template, train_turns, no_train_reasoning) | {"max_tokens": max_tokens}
    settings = settings_of(
        recipe, data, model, no_tokens, role, held_out, columns=column, multimodal=multimodal, redact=redact
    )
    asked = {"validation": validation, "test": test, "seed": seed}
    settings = settings.merge(split={name: value for name, value in asked.items() if value is not None})
    if as_read:
        settings = settings.merge(data={"as_read": True})
    if tokenized:
        settings = settings.merge(model={"tokenized": True})
    if dry_run and (memory is not None or engine is not None):
        raise UsageError(
            "--dry-run holds all rows in memory: --memory and --engine say nothing to it.",
            hint="Leave them out, and try it on a part of the data.",
        )
    if out is None or dry_run:
        from finesift import pipeline

        with progress(quiet=quiet) as tell:
            figures = pipeline.rehearse(settings, tell=tell)
        print_rehearsal(figures, json=json)
        return
    with progress(quiet=quiet) as tell:
        run = _prepared(
            settings, out.expanduser(), memory, engine, address, force=force, quiet=quiet, tell=tell
        )
    print_run(run, json=json, quiet=quiet, full=full)


def _prepared(
    settings: Recipe,
    out: Path,
    memory: str | None,
    engine: str | None,
    address: str | None,
    *,
    force: bool,
    quiet: bool,
    tell: Tell | None,
) -> Run:
    """The run, made in memory or over shards, as was asked, or as the size of the data asks."""
    from finesift import pipeline

    place: Engine | None = None
    sizes: Sizes | None = None
    if engine is not None or address is not None or memory not in (None, "all"):
        from finesift.engine.start import started

        place, sizes = started(engine, address, memory)
    elif memory is None:
        from finesift.engine.start import chosen

        found = chosen(settings, out)
        if found.said and not quiet:
            print(found.said, file=sys.stderr)
        place, sizes = found.engine, found.sizes
    if place is None or sizes is None:
        return pipeline.prep(settings, out, force=force, tell=tell)
    from finesift.engine.flow import prep as prep_in_shards

    return prep_in_shards(settings, out, place, sizes, force=force, tell=tell)
