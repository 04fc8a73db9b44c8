"""`finesift review`: a person looks at rows, in a page on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app


@app.command()
def review(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    who: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Who decides. Default: your login.")
    ] = None,
    lot: Annotated[
        str,
        typer.Option(
            "--lot", metavar="LOT", help="synthetic, random, check:NAME, source:FILE, generator:NAME."
        ),
    ] = "first",
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide what the tool and other people think.")
    ] = False,
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0: any.")] = 0,
    figures: Annotated[bool, typer.Option("--figures", help="What follows from what was decided.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="To labels.csv, argilla.jsonl, label-studio.json."),
    ] = None,
    back: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Decisions from such a file.")
    ] = None,
    json: Json = False,
) -> None:
    """Look at rows and decide, one key each: the ones where a decision tells most come first.

    Example:  finesift review run
    Example:  finesift review run --lot synthetic --as anna
    Example:  finesift review run --export labels.csv
    """
    import getpass

    from finesift.report import terminal
    from finesift.review import session
    from finesift.run import Run

    opened = Run.open(run)
    if figures or out or back:
        found = session.without_page(opened, lot, out=out, back=back)
        print_json(found) if json else terminal.console().print(session.told(found))
        return
    with session.served(opened, who or getpass.getuser(), lot=lot, blind=blind, port=port) as at:
        print_json({"address": at}) if json else terminal.console().print(session.invitation(at, opened))
