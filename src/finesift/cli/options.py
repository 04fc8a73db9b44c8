"""The options that several commands take, each with its one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[
    list[str] | None, typer.Argument(metavar="DATA…", help="Files or globs of raw rows.", show_default=False)
]
RecipeFile = Annotated[
    Path | None, typer.Option("--recipe", metavar="FILE", help="Settings; see `finesift recipe`.")
]
TokenizerName = Annotated[
    str | None, typer.Option("--tokenizer", metavar="NAME|DIR", help="Default: SmolLM2, which is packaged.")
]
TemplateFile = Annotated[
    Path | None,
    typer.Option("--template", metavar="FILE", help="A chat template instead of the tokenizer's own."),
]
TrainTurns = Annotated[
    str | None, typer.Option("--train-turns", metavar="all|last", help="Which answers are trained.")
]
NoReasoning = Annotated[
    bool, typer.Option("--no-train-reasoning", help="Keep reasoning in the text, and out of the loss.")
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", metavar="N", help="The sequence budget.")]
NoTokens = Annotated[bool, typer.Option("--no-tokens", help="Render nothing and count no tokens.")]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="NAME=ROLE", help="Another name for a role; may be repeated."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="NAME=SLOT", help="Which column is what; may be repeated."),
]
Multimodal = Annotated[
    str | None,
    typer.Option(
        "--multimodal", metavar="carry|refuse", help="Rows with pictures or files; default: carry them along."
    ),
]
Redact = Annotated[
    list[str] | None,
    typer.Option(
        "--redact", metavar="KIND", help="Placeholders for secrets: email, phone, card, …; may be repeated."
    ),
]
HeldOut = Annotated[
    list[str] | None,
    typer.Option("--held-out", metavar="NAME=FILE", help="An evaluation to keep out; may be repeated."),
]
EncoderName = Annotated[
    str | None,
    typer.Option("--encoder", metavar="DIR|URL", help="Default: the one that finesift[semantic] brings."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a run that is there.")]
Json = Annotated[bool, typer.Option("--json", help="Figures as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, and one line at the end.")]
Full = Annotated[bool, typer.Option("--full", help="Every figure in the terminal.")]
TemplateValues = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A value for the template, as JSON; may be repeated."),
]
