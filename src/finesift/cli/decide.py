"""`finesift decide`: other limits, or a person's decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Force, Full, Json, Quiet
from finesift.cli.output import print_run, progress
from finesift.cli.program import app


@app.command()
def decide(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN2", help="The folder to write.")],
    limit: Annotated[
        list[str] | None,
        typer.Option("--limit", metavar="CHECK.LIMIT=SCORE", help="Another limit; may be repeated."),
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option("--decisions", metavar="FILE", help="A person's decisions, JSON lines.")
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    full: Full = False,
) -> None:
    """Decide again, at other limits or with a person's decisions; nothing is measured again.

    Example:  finesift decide run --limit near_duplicate.set_aside=0.9 -o run2
    """
    from finesift.pipeline import redecide
    from finesift.recipe import Recipe
    from finesift.run import Run

    before = Run.open(run)
    settings = Recipe.parse(before.manifest["recipe"]).with_limits(limit or [])
    if decisions:
        settings = settings.merge(policy={"decisions": str(decisions)})
    with progress(quiet=quiet) as tell:
        after = redecide(before, settings, out.expanduser(), force=force, tell=tell)
    print_run(after, json=json, quiet=quiet, full=full)
