"""`finesift select`: choose fewer rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import EncoderName, Force, Json, Quiet
from finesift.cli.output import print_json, progress
from finesift.cli.program import app

Per = Annotated[
    str | None,
    typer.Option(
        "--per", metavar="FIELD", help="The field that names a row's behaviour; rare ones are kept whole."
    ),
]
Plan = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="Behaviours; what it asks of each comes first."),
]
Ifd = Annotated[
    str | None,
    typer.Option(
        "--ifd", metavar="URL#MODEL", help="Rank rows by how much the prompt helps this model to the answer."
    ),
]


@app.command()
def select(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder; it stays as it is.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="The folder to write.")],
    rows: Annotated[
        int | None, typer.Option("--rows", "-n", metavar="N", min=1, help="So many rows.")
    ] = None,
    tokens: Annotated[
        str | None, typer.Option("--tokens", metavar="N", help="So many tokens instead: 500k, 2M.")
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="WAY",
            help="diverse (facility location), center (k-center), deita, like or coverage.",
        ),
    ] = "diverse",
    like: Annotated[
        Path | None, typer.Option("--like", metavar="FILE", help="Rows like those that you want more of.")
    ] = None,
    per: Per = None,
    plan: Plan = None,
    least: Annotated[
        int, typer.Option("--least", metavar="N", min=0, help="So many rows of each behaviour come first.")
    ] = 0,
    ifd: Ifd = None,
    encoder: EncoderName = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose fewer training rows of a run, with random choices of the same size beside them.

    Example:  finesift select run -n 1000 -o chosen
    """
    from finesift.cover import plan as plans
    from finesift.embed.load import embedder
    from finesift.errors import UsageError
    from finesift.run import Run as Opened
    from finesift.select.budget import budget
    from finesift.select.folder import select as chosen
    from finesift.select.ifd import Scorer
    from finesift.select.pool import targets
    from finesift.select.report import shown
    from finesift.select.ways import Asked

    much = budget(rows, tokens)
    if plan and per:
        raise UsageError(
            "--plan and --per both say what a row's behaviour is.", hint="Leave one of them out."
        )
    behaviours = plans.Plan.load(plan) if plan else None
    with progress(quiet=quiet) as tell:
        embed = embedder(encoder, tell)
        wanted = embed(targets(like)) if like else None
        asked = Asked(much, "like" if like and by == "diverse" else by, wanted, least)
        score = partial(Scorer(ifd).scores, tell=tell) if ifd else None
        found = chosen(
            Opened.open(run), asked, embed, out, per=per, plan=behaviours, score=score, force=force
        )
    if json:
        print_json({"run": str(out), **found.as_dict()})
    else:
        from finesift.report import terminal

        terminal.console().print(shown(found, str(out)))
