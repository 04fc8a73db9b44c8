"""`finesift unseal`: open the test set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.program import app


@app.command()
def unseal(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Goes on record, and into the report.")],
    who: Annotated[
        str | None, typer.Option("--who", metavar="NAME", help="Default: the name you are logged in with.")
    ] = None,
) -> None:
    """Open the test set. The opening is recorded; a second one makes it a validation set.

    Example:  finesift unseal run --why "final evaluation of support-7b"
    """
    from finesift import unsealing
    from finesift.report import terminal
    from finesift.run import Run

    paths = unsealing.unseal(Run.open(run), why=why, who=who)
    terminal.console().print(terminal.unsealed(paths, Run.open(run).manifest))
