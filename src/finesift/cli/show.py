"""`finesift show`: one row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app


@app.command()
def show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    id_: Annotated[str, typer.Argument(metavar="ID", help="The id of a row, or how it begins.")],
    json: Json = False,
) -> None:
    """Everything known about one row: where it came from, where it went, and why.

    Example:  finesift show run 3f2a91
    """
    from finesift.run import Run

    found = Run.open(run).row(id_)
    if json:
        from dataclasses import asdict

        print_json(asdict(found))
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.row(found))
