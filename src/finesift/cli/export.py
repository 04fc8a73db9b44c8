"""`finesift export`: a run in the layout of a trainer or a provider."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app
from finesift.errors import UsageError


@app.command()
def export(
    run: Annotated[
        Path | None, typer.Argument(metavar="RUN", help="A run folder; it stays as it is.")
    ] = None,
    name: Annotated[str | None, typer.Option("--for", metavar="NAME", help="Who will train it.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="The folder to write.")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="What each target takes, and what it cannot carry.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
    json: Json = False,
) -> None:
    """Write a run for a trainer or a provider: data, the smallest configuration, and what it cannot carry, by name.

    Example:  finesift export run --for axolotl -o for-axolotl
    """
    from finesift.export.folder import export as written
    from finesift.export.target import targets
    from finesift.export.terminal import listing, report
    from finesift.recipe import nearest
    from finesift.report.summary import Summary
    from finesift.report.terminal import console
    from finesift.run import Run

    known = targets()
    if list_:
        if json:
            print_json(
                {n: {"kinds": t.kinds, "carries": t.carries, "source": t.source} for n, t in known.items()}
            )
        else:
            console().print(listing(known.values()))
        return
    if run is None or name is None or out is None:
        raise UsageError(
            "export needs a run, a target and a folder.",
            hint="finesift export RUN --for NAME -o DIR;  --list names the targets.",
        )
    if name not in known:
        raise UsageError(f"no target is called {name}.", hint=nearest(name, known))
    opened = Run.open(run)
    found = written(opened, known[name], out.expanduser(), force=force)
    if json:
        print_json({"run": str(run), "out": str(out), **found.as_dict()})
    else:
        once = Summary.from_dict(opened.manifest["summary"]).epoch
        console().print(report(found, str(out), once.sentences()[0] if once else None))
