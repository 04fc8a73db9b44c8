"""`finesift checks`: what each looks for."""

from __future__ import annotations

from typing import Annotated

import typer

from finesift.cli.options import Json
from finesift.cli.output import print_json
from finesift.cli.program import app
from finesift.errors import UsageError


@app.command()
def checks(
    name: Annotated[str | None, typer.Argument(metavar="[CHECK]", help="Only this one, in full.")] = None,
    json: Json = False,
) -> None:
    """List the checks: what each looks for, and at which scores the policy acts.

    Example:  finesift checks exact_duplicate
    """
    from finesift.recipe import Recipe, nearest
    from finesift.registry import load_checks

    declared = load_checks()
    if name is not None and name not in declared:
        raise UsageError(f"no check is called {name}.", hint=nearest(name, declared))
    chosen = [declared[name]] if name else list(declared.values())
    if json:
        limits = {check.name: Recipe().limit(check.name).model_dump() for check in chosen}
        print_json(
            [
                {
                    "name": c.name,
                    "what": c.what,
                    "why": c.why,
                    "settings": c.settings,
                    "limits": limits[c.name],
                }
                for c in chosen
            ]
        )
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.checks(chosen, Recipe(), in_full=name is not None))
