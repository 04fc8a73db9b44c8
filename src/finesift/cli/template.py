"""`finesift template`: print a chat template."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import (
    Files,
    RecipeFile,
    Roles,
    TemplateFile,
    TemplateValues,
    TokenizerName,
)
from finesift.cli.output import write_file
from finesift.cli.program import app
from finesift.cli.settings import model_of, settings_of, values_of


@app.command()
def template(
    data: Files = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    patched: Annotated[
        bool, typer.Option("--patched", help="With {% generation %} around what is to be trained.")
    ] = False,
    set_: TemplateValues = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Default: print it.")
    ] = None,
    role: Roles = None,
) -> None:
    """Print a model's chat template; patched, for trainers that ask for `{% generation %}`.

    A patch is tried on conversations of every kind, and on your rows if you name them: it must render each as before
    and mark, token for token, what is proved to be trained.

    Example:  finesift template --tokenizer models/qwen3 --patched -o qwen3.jinja
    """
    from finesift.inputs import read_for, tokenizer_of
    from finesift.report import terminal
    from finesift.report.places import shown

    settings = settings_of(
        recipe, data, model_of(tokenizer, template, None, False), False, role, None, needed=False
    )
    loaded = tokenizer_of(settings)
    source = loaded.template.source
    if patched:
        from finesift.chat.conversations import conversations
        from finesift.chat.patch import patched as with_keyword

        corpus = read_for(settings, loaded) if settings.data.train else None
        values = settings.model.template_settings | values_of(set_)
        patch = with_keyword(loaded, conversations(corpus) if corpus else (), values)
        source = patch.source
        told = terminal.console(stderr=True)
        if patch.mended:
            told.print(f"mended: the template had the keyword, but {shown(patch.mended)}")
        told.print(f"{patch.tried:,} conversations render as before and train what is proved.")
    if out:
        write_file(out, source)
    else:
        # To a file or a program as it is; on a terminal, no control character may pass.
        sys.stdout.write(shown(source) if sys.stdout.isatty() else source)
