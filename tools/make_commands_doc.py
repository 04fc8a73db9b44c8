"""Writes docs/commands.md from the command line itself, and docs/recipe.md from `finesift recipe`.

    python tools/make_commands_doc.py

`tests/test_docs.py` holds the pages to the program.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import typer

from finesift.cli import app
from finesift.recipe import Recipe

DOCS = Path(__file__).parents[1] / "docs"
COMMANDS = """# The commands

Made from the program by `tools/make_commands_doc.py`; `finesift COMMAND --help` says the same.

Exit codes: 0 fine, 1 a fault was found (`lint`, `audit`, `verify`), 2 bad usage or unreadable input. A command with
`--json` prints its figures as JSON on standard output, and nothing else there.

`finesift --install-completion` teaches the shell the commands and their options (bash, zsh, fish, PowerShell);
`--show-completion` prints what it would install.
"""
RECIPE = """# The recipe

Every setting, its default and the reason, as `finesift recipe` prints it. A recipe is a TOML file that names what
should differ; an unknown name is refused, with the nearest known one. Relative paths in it start from its own folder.
The command line outranks the recipe.

    finesift init
    finesift prep --recipe recipe.toml -o run

`finesift init` begins one from what a folder holds: files of rows with their shapes, names for roles that it met,
evaluations by their names, a tokenizer, a plan of behaviours. `finesift recipe > recipe.toml` writes one with
everything in it. `finesift prep --dry-run` says where every row would go, and writes nothing.

Editors complete and explain a recipe by its schema. With Taplo (Even Better TOML in VS Code):

    finesift recipe --schema > recipe.schema.json

and as the first line of the recipe `#:schema ./recipe.schema.json`.

```toml
"""


def pages() -> dict[Path, str]:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    sections = "".join(_section(name, command) for name, command in commands.items())
    return {
        DOCS / "commands.md": COMMANDS + sections,
        DOCS / "recipe.md": f"{RECIPE}{Recipe().to_toml().rstrip()}\n```\n",
    }


def _section(name: str, command: Any) -> str:
    said, _, example = inspect.cleandoc(command.callback.__doc__).partition("Example:")
    rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
    table = "| | |\n|---|---|\n" + "".join(rows) if rows else ""
    return f"\n## finesift {name}\n\n{said.strip()}\n\n    {example.strip()}\n\n{table}"


def _row(parameter: Any) -> str:
    names = ", ".join(parameter.opts) if parameter.opts[0].startswith("-") else ""
    value = "" if getattr(parameter, "is_flag", False) else (parameter.metavar or "VALUE")
    shown = " ".join(filter(None, (names, value)))
    return f"| `{_cell(shown)}` | {_cell(getattr(parameter, 'help', None) or '')} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, "utf-8")
