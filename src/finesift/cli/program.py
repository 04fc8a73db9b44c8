"""The program and its version. Commands register themselves with `@app.command()`, one file each."""

from __future__ import annotations

from typing import Annotated

import typer

from finesift import __version__

app = typer.Typer(
    name="finesift",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def finesift(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Gets fine-tuning data right before anyone hits train.

    Example:  finesift prep raw/*.jsonl -o run
    """
    if version:
        print(f"finesift {__version__}")
        raise typer.Exit
