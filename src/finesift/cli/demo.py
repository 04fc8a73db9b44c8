"""`finesift demo`: the packaged example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Full, Json, Quiet
from finesift.cli.output import print_run, progress
from finesift.cli.program import app
from finesift.cli.settings import loaded


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="The folder to write.")] = Path(
        "finesift-demo"
    ),
    json: Json = False,
    quiet: Quiet = False,
    full: Full = False,
) -> None:
    """Run `prep` on a small, messy, packaged example: a shop's support conversations.

    Example:  finesift demo
    """
    from finesift import pipeline
    from finesift.data import example_folder

    with progress(quiet=quiet) as tell:
        run = pipeline.prep(loaded(example_folder() / "recipe.toml"), out.expanduser(), force=True, tell=tell)
    print_run(run, json=json, quiet=quiet, full=full)
