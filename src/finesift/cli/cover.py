"""`finesift cover`: a run against its plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import EncoderName, Json, Quiet
from finesift.cli.output import print_json, progress
from finesift.cli.program import app


@app.command()
def cover(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder; it stays as it is.")],
    plan: Annotated[
        Path, typer.Option("--plan", metavar="FILE", help="The behaviours; `finesift plan` drafts them.")
    ] = Path("behaviours.toml"),
    traffic: Annotated[
        list[str] | None,
        typer.Option(
            "--traffic", metavar="FILE", help="Real conversations, to compare with; may be repeated."
        ),
    ] = None,
    encoder: EncoderName = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit code 1 where a behaviour is under its minimum.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which behaviours the training rows teach, how many rows each has, what is missing, and what traffic asks besides.

    Example:  finesift cover run --plan behaviours.toml --traffic logs.jsonl
    """
    from finesift.cover.of_run import cover_run
    from finesift.cover.plan import Plan
    from finesift.cover.terminal import table
    from finesift.embed.load import embedder
    from finesift.report.terminal import console
    from finesift.run import Run

    wanted = Plan.load(plan)
    with progress(quiet=quiet) as tell:
        found = cover_run(Run.open(run), wanted, embedder(encoder, tell), traffic=traffic or ())
    if json:
        print_json({"run": str(run), "missed": [have.name for have in found.missed], **found.as_dict()})
    else:
        console().print(table(found))
    if gate and found.missed:
        raise typer.Exit(1)
