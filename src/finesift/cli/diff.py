"""`finesift diff`: two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json, write_file
from finesift.cli.program import app


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="A run folder.")],
    after: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another.")],
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page instead, which needs nothing else."),
    ] = None,
    json: Json = False,
) -> None:
    """Two runs side by side: rows gained, lost and moved, with the reason; figures and settings that differ.

    Rows are matched by id, which follows their content: a row that was edited is lost and gained.

    Example:  finesift diff run run2
    Example:  finesift diff run run2 --html what-changed.html
    """
    from finesift.report.diff import diff as differences
    from finesift.run import Run

    runs = Run.open(before), Run.open(after)
    found = differences(*runs)
    names = str(before), str(after)
    if html:
        from finesift.report import terminal
        from finesift.report.differences import page
        from finesift.report.places import shown

        write_file(html, page(found, names, (runs[0].manifest, runs[1].manifest)))
        terminal.console(stderr=True).print(f"{shown(str(html))} shows what is different.")
    if json:
        print_json(found.as_dict())
    elif not html:
        from finesift.report import differences as told
        from finesift.report import terminal

        terminal.console().print(told.terminal(found, names))
