"""The program and its version. Commands register themselves with `@app.command()`, one file each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from finesift import __version__


class Command(TyperCommand):
    """A command whose help names arguments by what they are, not by their types in Python."""

    def get_params(self, ctx: Any) -> Any:
        params = super().get_params(ctx)
        for param in params:
            if isinstance(param, TyperArgument):
                param.display_type_rich = lambda ctx: None  # type: ignore[method-assign]  # noqa: ARG005
        return params


class Commands(TyperGroup):
    """The commands, each with its whole sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, (command.help or "").split("\n\n")[0]) for name, command in self.commands.items()]
            )


Function = TypeVar("Function", bound=Callable[..., Any])


class Program(typer.Typer):
    def command(self, name: str | None = None, **settings: Any) -> Callable[[Function], Function]:
        return super().command(name, cls=Command, **settings)


app = Program(
    name="finesift",
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text, the same in a pipe
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
