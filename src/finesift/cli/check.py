"""`finesift check`: the gate for continuous integration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import (
    Columns,
    Files,
    HeldOut,
    MaxTokens,
    Multimodal,
    NoTokens,
    RecipeFile,
    Roles,
    TokenizerName,
)
from finesift.cli.program import app
from finesift.cli.settings import model_of, settings_of
from finesift.errors import UsageError


@app.command()
def check(
    data: Files = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    max_tokens: MaxTokens = None,
    no_tokens: NoTokens = False,
    role: Roles = None,
    column: Columns = None,
    multimodal: Multimodal = None,
    held_out: HeldOut = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="RULE=N",
            help="At most so many rows, or a share below 1; RULE@SPLIT and RULE:FILE for a part. May be repeated.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="No check may find a larger share than there."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the counts, to be a baseline.")
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="text, json, github, sarif or junit.")
    ] = "text",
) -> None:
    """Hold data to rules: exit code 1 where one is broken. Without [gate] in the recipe: none unreadable or set aside.

    Example:  finesift check data/*.jsonl --limit refusal=0.005 --baseline baseline.json --format github
    """
    from finesift.clock import Clock
    from finesift.gate.formats import FORMATS
    from finesift.gate.rules import About, gate, read_baseline
    from finesift.pipeline import place
    from finesift.recipe import nearest
    from finesift.registry import load_checks
    from finesift.seen import look

    if format_ not in FORMATS:
        raise UsageError(f"--format {format_}: not known.", hint=nearest(format_, FORMATS))
    model = model_of(tokenizer, None, None, False) | {"max_tokens": max_tokens}
    settings = settings_of(
        recipe, data, model, no_tokens, role, held_out, columns=column, multimodal=multimodal
    )
    settings = settings.merge(gate=dict(_limit(one) for one in limit or ()))
    known = read_baseline(baseline) if baseline else None
    seen = look(settings, Clock())
    placed = place(seen, settings)[0] if any(About.of(rule).split for rule in settings.gate) else None
    checks = list(load_checks())
    found = gate(seen.corpus, seen.findings, seen.decisions, settings, checks, baseline=known, placed=placed)
    if save:
        import orjson

        save.write_bytes(orjson.dumps(found.baseline(), option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.write(FORMATS[format_](found))
    if not found.passed:
        raise typer.Exit(1)


def _limit(given: str) -> tuple[str, float]:
    name, _, number = given.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError as e:
        raise UsageError(f"--limit {given} is no rule.", hint="For example:  --limit refusal=0.005") from e
