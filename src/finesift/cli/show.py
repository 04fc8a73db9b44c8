"""`finesift show`: one row, or the rows that are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app
from finesift.errors import UsageError


@app.command()
def show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    which: Annotated[
        str | None,
        typer.Argument(metavar="[ID|FILE:ROW]", help="A row: its id, how that begins, or its place."),
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="NAME", help="Rows that a check found; may be repeated."),
    ] = None,
    review: Annotated[bool, typer.Option("--review", help="Rows that are kept for review.")] = False,
    fate: Annotated[
        list[str] | None,
        typer.Option("--fate", metavar="NAME", help="train, validation, set_aside or unreadable."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="So many rows.")] = 20,
    json: Json = False,
) -> None:
    """Everything known about one row: where it came from, where it went, and why. Or a list of rows.

    Example:  finesift show run raw/chats.jsonl:12
    Example:  finesift show run --review --check refusal
    """
    from dataclasses import asdict

    from finesift.listing import at, listed
    from finesift.report import rows
    from finesift.report.terminal import console
    from finesift.run import Run

    opened = Run.open(run)
    if which is not None:
        found = opened.row(at(opened, which) if ":" in which else which)
        if json:
            print_json(asdict(found))
        else:
            console().print(rows.row(found))
        return
    if not (check or review or fate):
        raise UsageError("which row?", hint=f"Name one, or ask for some:  finesift show {run} --review")
    many = listed(opened, checks=check or (), review=review, fates=fate or ())
    if json:
        print_json({"rows": many.height, "shown": many.head(limit).to_dicts()})
    else:
        console().print(rows.listing(many, limit))
