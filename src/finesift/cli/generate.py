"""`finesift generate`: rows for the gaps of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.options import EncoderName, Json, Quiet
from finesift.cli.output import print_json, progress
from finesift.cli.program import app
from finesift.errors import UsageError


@app.command()
def generate(
    run: Annotated[
        Path | None, typer.Argument(metavar="RUN", help="A run folder; it stays as it is.")
    ] = None,
    plan: Annotated[
        Path, typer.Option("--plan", metavar="FILE", help="The behaviours and their minimums.")
    ] = Path("behaviours.toml"),
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="A server that speaks OpenAI's protocol.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="The model to ask.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to write.")] = Path(
        "generated"
    ),
    count: Annotated[
        int | None, typer.Option("-n", metavar="N", min=1, help="So many requests at most.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="MONEY", min=0, help="So much money at most.")
    ] = None,
    price_in: Annotated[
        float, typer.Option(metavar="MONEY", min=0, help="Of a million tokens of prompts.")
    ] = 0.0,
    price_out: Annotated[
        float, typer.Option(metavar="MONEY", min=0, help="Of a million tokens of answers.")
    ] = 0.0,
    temperature: Annotated[float, typer.Option(metavar="T", min=0, help="Of the answers.")] = 0.9,
    at_once: Annotated[int, typer.Option(metavar="N", min=1, help="Requests at the same time.")] = 8,
    seed: Annotated[int, typer.Option(metavar="N", help="Of what is drawn.")] = 17,
    prompts: Annotated[Path | None, typer.Option(metavar="DIR", help="Your own prompts, NAME.txt.")] = None,
    way: Annotated[
        str,
        typer.Option(metavar="WAY", help="new, reformulate, answer, continue or pair; default new."),
    ] = "new",
    encoder: EncoderName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the first prompts, and ask nothing.")
    ] = False,
    show_prompt: Annotated[bool, typer.Option("--show-prompt", help="Print the prompt's template.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Have a model write rows for behaviours that lack some. Each is checked; none trains before a person saw it.

    Run again, it goes on where it was. The key is read from FINESIFT_GENERATE_KEY.

    Example:  finesift generate run --endpoint http://localhost:8000/v1 --model NAME --budget 5 -o generated
    """
    import sys

    from finesift.generate.tasks import template
    from finesift.generate.ways import WAYS

    if way not in WAYS:
        raise UsageError(f"no way is called {way}.", hint=f"Known: {', '.join(WAYS)}.")
    if show_prompt:
        sys.stdout.write(template(prompts, way))
        return
    if run is None:
        raise UsageError("generation needs a run.", hint="finesift generate RUN --endpoint URL --model NAME")
    from finesift.cover.plan import Plan
    from finesift.embed.load import embedder
    from finesift.generate.loop import Asked
    from finesift.generate.of_run import first_prompts, generate_for
    from finesift.generate.terminal import report
    from finesift.report.places import shown
    from finesift.report.terminal import console
    from finesift.run import Run

    wanted, opened = Plan.load(plan), Run.open(run)
    asked = Asked(count, budget, (price_in, price_out), temperature, seed, at_once, way)
    if budget is not None and not (price_in or price_out):
        raise UsageError(
            "a budget needs prices.", hint="Say what a million tokens cost:  --price-in 0.5 --price-out 1.5"
        )
    if dry_run:
        for said in first_prompts(opened, wanted, embedder(encoder), asked, prompts=prompts):
            console().print(shown(said), markup=False)
        return
    if endpoint is None or model is None:
        raise UsageError("which model?", hint="Name one:  --endpoint http://localhost:8000/v1 --model NAME")
    from finesift.generate.client import Chat

    with progress(quiet=quiet) as tell:
        chat = Chat(endpoint, model)
        found = generate_for(
            opened, wanted, chat, embedder(encoder), out.expanduser(), asked, prompts=prompts, tell=tell
        )
    if json:
        print_json({"out": str(out), **found.as_dict()})
    else:
        console().print(report(found, str(out)))
