"""`finesift mask`: rows as the model reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import (
    Files,
    Json,
    NoReasoning,
    RecipeFile,
    Roles,
    TemplateFile,
    TokenizerName,
    TrainTurns,
)
from finesift.cli.output import print_json, write_file
from finesift.cli.program import app
from finesift.cli.settings import model_of, settings_of
from finesift.errors import InputError


@app.command()
def mask(
    data: Files = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    train_turns: TrainTurns = None,
    no_train_reasoning: NoReasoning = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page instead, which needs nothing else."),
    ] = None,
    rows: Annotated[
        int, typer.Option("--rows", metavar="N", min=1, help="How many rows, from the first on.")
    ] = 5,
    role: Roles = None,
    json: Json = False,
) -> None:
    """Show rows as the model will read them: trained tokens coloured, special tokens visible.

    Example:  finesift mask raw/chats.jsonl --tokenizer models/qwen3
    """
    from finesift.chat.view import view
    from finesift.inputs import read_for, tokenizer_of, wanted_of
    from finesift.report import masks, terminal
    from finesift.report.places import shown

    model = model_of(tokenizer, template, train_turns, no_train_reasoning)
    settings = settings_of(recipe, data, model, False, role, None)
    loaded = tokenizer_of(settings)
    corpus = read_for(settings, loaded)
    if not corpus.examples.height:
        raise InputError(
            f"no row was read from {', '.join(settings.data.train[:3])}.",
            hint="`finesift inspect` says what each line lacks.",
        )
    views = view(corpus, loaded, corpus.examples["example"].head(rows).to_list(), wanted_of(settings))
    if html:
        write_file(html, masks.page(views, loaded.name))
        terminal.console(stderr=True).print(f"{shown(str(html))} shows {len(views)} conversations.")
    if json:
        print_json({"tokenizer": loaded.name, "conversations": [view.as_dict() for view in views]})
    elif not html:
        screen = terminal.console()
        colour = screen.color_system is not None and not screen.no_color
        screen.print(masks.terminal(views, colour=colour))
