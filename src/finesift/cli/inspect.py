"""`finesift inspect`: look first."""

from __future__ import annotations

from typing import Annotated

import typer

from finesift.cli.options import (
    Columns,
    Files,
    HeldOut,
    Json,
    MaxTokens,
    Multimodal,
    NoReasoning,
    NoTokens,
    Quiet,
    RecipeFile,
    Roles,
    TemplateFile,
    TokenizerName,
    TrainTurns,
)
from finesift.cli.output import print_json, progress
from finesift.cli.program import app
from finesift.cli.settings import model_of, settings_of


@app.command()
def inspect(
    data: Files = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    train_turns: TrainTurns = None,
    no_train_reasoning: NoReasoning = False,
    max_tokens: MaxTokens = None,
    no_tokens: NoTokens = False,
    role: Roles = None,
    column: Columns = None,
    multimodal: Multimodal = None,
    held_out: HeldOut = None,
    every: Annotated[
        bool, typer.Option("--all", help="Check all rows of more than 10,000, not 2,000 that are drawn.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look first: shapes, malformed rows, lengths, findings per check, what to do next. Writes nothing.

    Example:  finesift inspect raw/*.jsonl
    """
    from finesift import pipeline

    model = model_of(tokenizer, template, train_turns, no_train_reasoning) | {"max_tokens": max_tokens}
    settings = settings_of(
        recipe, data, model, no_tokens, role, held_out, columns=column, multimodal=multimodal
    )
    with progress(quiet=quiet) as tell:
        figures = pipeline.inspect(settings, some=not every, tell=tell)
    if json:
        print_json(figures.as_dict())
    else:
        from finesift.report import terminal
        from finesift.report.first_look import inspection

        terminal.console().print(inspection(figures))
