"""`finesift push`: a run's splits to the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app


@app.command()
def push(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder; it stays as it is.")],
    name: Annotated[str, typer.Argument(metavar="ORG/NAME", help="The data set's name on the hub.")],
    public: Annotated[
        bool, typer.Option("--public/--private", help="Who may see it; private unless said.")
    ] = False,
    with_test: Annotated[
        bool, typer.Option("--with-test", help="The test set too, once it was unsealed.")
    ] = False,
    message: Annotated[str | None, typer.Option("--message", metavar="TEXT", help="Of the commit.")] = None,
    json: Json = False,
) -> None:
    """Upload the splits of a run and their card to the Hugging Face hub. What is set aside or sealed stays here.

    Example:  finesift push run org/support-chats
    """
    from finesift.hub import push as pushed
    from finesift.report.places import shown
    from finesift.run import Run

    found = pushed(Run.open(run), name, public=public, test=with_test, message=message)
    if json:
        print_json(found.as_dict())
        return
    print(f"{shown(found.url)}, {'private' if found.private else 'public'}:")
    for file, rows in found.files.items():
        print(f"  {shown(file)}" + (f"  {rows:,} rows" if rows else ""))
    print(f'Read it with  datasets.load_dataset("{shown(found.repository)}")')
