"""`finesift plan`: draft what a set is to teach."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import EncoderName, Files, Quiet
from finesift.cli.output import progress
from finesift.cli.program import app
from finesift.errors import UsageError


@app.command()
def plan(
    data: Files = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="The plan to write; it is yours to change.")
    ] = Path("behaviours.toml"),
    kind: Annotated[
        str | None,
        typer.Option("--for", metavar="KIND", help="support, coding, extraction, tools or chat."),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--most", metavar="N", min=1, help="So many groups at most; default 30.")
    ] = None,
    encoder: EncoderName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Draft a plan from data: what it asks for, by groups, and what such an assistant usually meets besides.

    Example:  finesift plan raw/*.jsonl -o behaviours.toml
    """
    from finesift.cover.draft import KINDS, draft
    from finesift.embed.load import embedder
    from finesift.read import read
    from finesift.report.places import shown
    from finesift.report.terminal import console

    if not data:
        raise UsageError("no data was given.", hint="Name files:  finesift plan raw/*.jsonl")
    if kind is not None and kind not in KINDS:
        raise UsageError(f"--for {kind}: not known.", hint=f"One of {', '.join(KINDS)}.")
    if out.exists() and not force:
        raise UsageError(f"{out} is there.", hint="Choose another file with -o, or replace it with --force.")
    with progress(quiet=quiet) as tell:
        corpus = read(data)
        if corpus.examples.is_empty():
            raise UsageError("no row could be read.", hint=f"Look at it:  finesift inspect {data[0]}")
        drafted = draft(corpus.turns, corpus.examples, embedder(encoder, tell), kind=kind, most=most)
    out.write_text(drafted.to_toml(), "utf-8")
    proposals = sum(one.proposal for one in drafted.behaviour)
    console().print(
        f"{shown(str(out))} has {len(drafted.behaviour)} behaviours, {proposals} of them proposals: change them, then\n"
        f"  finesift cover RUN --plan {shown(str(out))}"
    )
