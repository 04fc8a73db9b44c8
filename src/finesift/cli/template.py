"""`finesift template`: print a chat template."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import TemplateFile, TokenizerName
from finesift.cli.program import app


@app.command()
def template(
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    patched: Annotated[
        bool, typer.Option("--patched", help="With {% generation %} around what is to be trained.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Default: print it.")
    ] = None,
) -> None:
    """Print a model's chat template; patched, for trainers that ask for `{% generation %}`.

    Example:  finesift template --tokenizer models/qwen3 --patched -o qwen3.jinja
    """
    from finesift.chat.tokenizer import load_tokenizer

    loaded = load_tokenizer(tokenizer, template=template)
    source = loaded.template.source
    if patched:
        from finesift.chat.patch import patched as with_keyword

        source = with_keyword(loaded)
    if out:
        out.write_text(source, "utf-8")
    else:
        from finesift.report import terminal

        # To a file or a program as it is; on a terminal, no control character may pass.
        sys.stdout.write(terminal.shown(source) if sys.stdout.isatty() else source)
