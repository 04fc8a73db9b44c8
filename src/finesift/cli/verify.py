"""`finesift verify`: check a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app


@app.command()
def verify(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    json: Json = False,
) -> None:
    """Check a run folder that somebody gave you: hashes, sums, seal and record. Exit code 1 if any is wrong.

    Example:  finesift verify run
    """
    from finesift.verify import verify as faults_of

    faults = faults_of(run)
    if json:
        print_json({"run": str(run), "faults": faults})
    else:
        from finesift.report import terminal
        from finesift.run import Run

        about = {} if faults else Run.open(run).manifest
        terminal.console().print(terminal.verified(run, faults, about))
    if faults:
        raise typer.Exit(1)
