"""`finesift audit`: a trainer's batches beside the proved masks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app


@app.command()
def audit(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    batches: Annotated[
        Path, typer.Argument(metavar="BATCHES", help="JSON lines or Parquet with input_ids and labels.")
    ],
    partial: Annotated[bool, typer.Option("--partial", help="Not all batches: rows may be missing.")] = False,
    json: Json = False,
) -> None:
    """Compare what a trainer put into its batches with the proved masks. Exit code 1 if anything differs.

    In a training script, `finesift.audit(trainer.get_train_dataloader(), "run")` does the same.

    Example:  finesift audit run batches.jsonl
    """
    from dataclasses import asdict

    from finesift import auditing
    from finesift.chat.batches import read_batches

    found = auditing.audit(read_batches(batches), run, partial=partial)
    if json:
        print_json(asdict(found))
    else:
        from finesift.report import terminal
        from finesift.report.places import shown

        terminal.console().print(shown(str(found)), markup=False)
    raise typer.Exit(found.exit_code)
