"""`finesift near`: the rows of a run that are nearest to a text in meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app


@app.command()
def near(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What a row might ask.")],
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="So many rows.")] = 10,
    json: Json = False,
) -> None:
    """Do I have something like this? The rows that ask what is nearest to a text, with their similarity.

    By static vectors, which know words and not their order. Rows of the sealed test set are never among them.

    Example:  finesift near run "How do I return a broken kettle?"
    """
    from finesift.report import rows
    from finesift.report.terminal import console
    from finesift.run import Run

    found = Run.open(run).near(text, limit)
    if json:
        print_json({"asked": text, "rows": found.to_dicts()})
    else:
        console().print(rows.nearest(found))
