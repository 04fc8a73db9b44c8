"""`finesift diff`: two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="A run folder.")],
    after: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another.")],
    json: Json = False,
) -> None:
    """Two runs side by side: rows gained, lost and moved, with the reason; figures and settings that differ.

    Rows are matched by id, which follows their content: a row that was edited is lost and gained.

    Example:  finesift diff run run2
    """
    from finesift.report.diff import diff as differences
    from finesift.run import Run

    found = differences(Run.open(before), Run.open(after))
    if json:
        print_json(found.as_dict())
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.diff(found, (str(before), str(after))))
