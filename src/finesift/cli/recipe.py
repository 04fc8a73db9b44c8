"""`finesift recipe`: every setting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.output import print_json
from finesift.cli.program import app
from finesift.cli.settings import loaded


@app.command()
def recipe(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A recipe to complete.")] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="The JSON schema of a recipe, for editors.")
    ] = False,
) -> None:
    """Print a complete recipe: every setting, its default, and the reason.

    Example:  finesift recipe > recipe.toml
    """
    from finesift.recipe import Recipe

    if schema:
        from finesift.recipe_schema import schema as described

        print_json(described())
        return
    print(loaded(file).to_toml() if file else Recipe().to_toml(), end="")
