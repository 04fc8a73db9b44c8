"""The command line: parse, call, print. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finesift import __version__
from finesift.errors import FinesiftError, UsageError

if TYPE_CHECKING:
    from finesift.recipe import Recipe
    from finesift.run import Run

app = typer.Typer(
    name="finesift",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

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
HeldOut = Annotated[
    list[str] | None,
    typer.Option("--held-out", metavar="NAME=FILE", help="An evaluation to keep out; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Figures as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


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


@app.command()
def inspect(
    data: Files = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    train_turns: TrainTurns = None,
    no_train_reasoning: NoReasoning = False,
    max_tokens: MaxTokens = None,
    no_tokens: NoTokens = False,
    role: Roles = None,
    held_out: HeldOut = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look first: shapes, malformed rows, lengths, findings per check, what to do next. Writes nothing.

    Example:  finesift inspect raw/*.jsonl
    """
    from finesift import pipeline

    model = _model(tokenizer, template, train_turns, no_train_reasoning) | {"max_tokens": max_tokens}
    settings = _recipe(recipe, data, model, no_tokens, role, held_out)
    with _progress(quiet=quiet) as tell:
        figures = pipeline.inspect(settings, tell=tell)
    if json:
        _print_json(figures.as_dict())
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.inspection(figures))


@app.command()
def prep(
    data: Files = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="RUN", help="The folder to write.")
    ] = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    train_turns: TrainTurns = None,
    no_train_reasoning: NoReasoning = False,
    max_tokens: MaxTokens = None,
    no_tokens: NoTokens = False,
    validation: Annotated[float | None, typer.Option(help="Fraction of the rows kept; default 0.05.")] = None,
    test: Annotated[float | None, typer.Option(help="Fraction of the rows kept; default 0.05.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the split; default 17.")] = None,
    role: Roles = None,
    held_out: HeldOut = None,
    tokenized: Annotated[
        bool, typer.Option("--tokenized", help="Write token ids and labels as Parquet, too.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The main job: raw rows in, a clean split set with its reasons out.

    Example:  finesift prep raw/*.jsonl -o run --max-tokens 4096
    """
    if out is None:
        raise UsageError("where should the run go?", hint="Say so with -o:  finesift prep DATA -o run")
    model = _model(tokenizer, template, train_turns, no_train_reasoning) | {"max_tokens": max_tokens}
    settings = _recipe(recipe, data, model, no_tokens, role, held_out)
    asked = {"validation": validation, "test": test, "seed": seed}
    settings = settings.merge(split={name: value for name, value in asked.items() if value is not None})
    if tokenized:
        settings = settings.merge(model={"tokenized": True})
    _prep(settings, out, force=force, json=json, quiet=quiet)


@app.command()
def decide(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN2", help="The folder to write.")],
    limit: Annotated[
        list[str] | None,
        typer.Option("--limit", metavar="CHECK.LIMIT=SCORE", help="Another limit; may be repeated."),
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option("--decisions", metavar="FILE", help="A person's decisions, JSON lines.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Decide again, at other limits or with a person's decisions; nothing is measured again.

    Example:  finesift decide run --limit near_duplicate.set_aside=0.9 -o run2
    """
    from finesift.pipeline import redecide
    from finesift.recipe import Recipe
    from finesift.run import Run

    before = Run.open(run)
    settings = Recipe.parse(before.manifest["recipe"]).with_limits(limit or [])
    if decisions:
        settings = settings.merge(policy={"decisions": str(decisions)})
    with _progress(quiet=quiet) as tell:
        after = redecide(before, settings, out, force=force, tell=tell)
    _print_run(after, json=json)


@app.command()
def show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    id_: Annotated[str, typer.Argument(metavar="ID", help="The id of a row, or how it begins.")],
    json: Json = False,
) -> None:
    """Everything known about one row: where it came from, where it went, and why.

    Example:  finesift show run 3f2a91
    """
    from finesift.run import Run

    found = Run.open(run).row(id_)
    if json:
        from dataclasses import asdict

        _print_json(asdict(found))
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.row(found))


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="A run folder.")],
    after: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another.")],
    json: Json = False,
) -> None:
    """Two runs side by side: rows gained, lost and moved, with the reason; figures and settings that differ.

    Rows are matched by id, which follows their content: a row that was edited is lost and gained.

    Example:  finesift diff run run2
    """
    from finesift.report.diff import diff as differences
    from finesift.run import Run

    found = differences(Run.open(before), Run.open(after))
    if json:
        _print_json(found.as_dict())
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.diff(found, (str(before), str(after))))


@app.command()
def unseal(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    why: Annotated[str, typer.Option("--why", help="Goes on record, and into the report.")],
    who: Annotated[
        str | None, typer.Option("--who", help="Default: the name you are logged in with.")
    ] = None,
) -> None:
    """Open the test set. The opening is recorded; a second one makes it a validation set.

    Example:  finesift unseal run --why "final evaluation of support-7b"
    """
    from finesift import run as runs
    from finesift.report import terminal

    opened = runs.Run.open(run)
    path = runs.unseal(opened, why=why, who=who)
    terminal.console().print(terminal.unsealed(path, runs.Run.open(run).manifest["openings"]))


@app.command()
def verify(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    json: Json = False,
) -> None:
    """Check a run folder that somebody gave you: hashes, sums, seal and record. Exit code 1 if any is wrong.

    Example:  finesift verify run
    """
    from finesift.verify import verify as faults_of

    faults = faults_of(run)
    if json:
        _print_json({"run": str(run), "faults": faults})
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.verified(run, faults))
    if faults:
        raise typer.Exit(1)


@app.command()
def select(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder; it stays as it is.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="The folder to write.")],
    rows: Annotated[
        int | None, typer.Option("--rows", "-n", metavar="N", min=1, help="So many rows.")
    ] = None,
    tokens: Annotated[
        str | None, typer.Option("--tokens", metavar="N", help="So many tokens instead: 500k, 2M.")
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="WAY", help="diverse (facility location), center (k-center), deita or like."
        ),
    ] = "diverse",
    like: Annotated[
        Path | None, typer.Option("--like", metavar="FILE", help="Rows like those that you want more of.")
    ] = None,
    per: Annotated[
        str | None,
        typer.Option(
            "--per", metavar="FIELD", help="The field that names a row's behaviour; rare ones are kept whole."
        ),
    ] = None,
    least: Annotated[
        int, typer.Option("--least", metavar="N", min=0, help="So many rows of each behaviour come first.")
    ] = 0,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="DIR|URL", help="Default: the one that finesift[semantic] brings."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is in the way.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose fewer training rows of a run, with random choices of the same size beside them.

    Example:  finesift select run -n 1000 -o chosen
    """
    from finesift.run import Run as Opened
    from finesift.select import ways
    from finesift.select.folder import select as chosen
    from finesift.select.pool import embedder, targets
    from finesift.select.report import shown

    budget = ways.budget(rows, tokens)
    with _progress(quiet=quiet) as tell:
        embed = embedder(encoder, tell)
        wanted = embed(targets(like)) if like else None
        asked = ways.Asked(budget, "like" if like and by == "diverse" else by, wanted, least)
        found = chosen(Opened.open(run), asked, embed, out, per=per, force=force)
    if json:
        _print_json({"run": str(out), **found.as_dict()})
    else:
        from finesift.report import terminal

        terminal.console().print(shown(found, str(out)))


@app.command()
def recipe(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A recipe to complete.")] = None,
) -> None:
    """Print a complete recipe: every setting, its default, and the reason.

    Example:  finesift recipe > recipe.toml
    """
    from finesift.recipe import Recipe

    print(_loaded(file).to_toml() if file else Recipe().to_toml(), end="")


@app.command()
def checks(
    name: Annotated[str | None, typer.Argument(metavar="[CHECK]", help="Only this one, in full.")] = None,
    json: Json = False,
) -> None:
    """List the checks: what each looks for, and at which scores the policy acts.

    Example:  finesift checks exact_duplicate
    """
    from finesift.recipe import Recipe
    from finesift.registry import load_checks

    declared = load_checks()
    if name is not None and name not in declared:
        raise UsageError(f"no check is called {name}.", hint=f"There are: {', '.join(declared)}.")
    chosen = [declared[name]] if name else list(declared.values())
    if json:
        limits = {check.name: Recipe().limit(check.name).model_dump() for check in chosen}
        _print_json(
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


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="The folder to write.")] = Path(
        "finesift-demo"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run `prep` on a small, messy, packaged example: a shop's support conversations.

    Example:  finesift demo
    """
    from finesift.data import example_folder

    _prep(_loaded(example_folder() / "recipe.toml"), out, force=True, json=json, quiet=quiet)


@app.command()
def mask(
    data: Files = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    train_turns: TrainTurns = None,
    no_train_reasoning: NoReasoning = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page instead, which needs nothing else."),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many rows, from the first on.")] = 5,
    role: Roles = None,
    json: Json = False,
) -> None:
    """Show rows as the model will read them: trained tokens coloured, special tokens visible.

    Example:  finesift mask raw/chats.jsonl --tokenizer models/qwen3
    """
    from finesift import pipeline
    from finesift.chat.view import view
    from finesift.report import masks, terminal

    model = _model(tokenizer, template, train_turns, no_train_reasoning)
    settings = _recipe(recipe, data, model, False, role, None)
    loaded = pipeline.tokenizer_of(settings)
    corpus = pipeline.read_for(settings, loaded)
    views = view(
        corpus, loaded, corpus.examples["example"].head(rows).to_list(), pipeline.wanted_of(settings)
    )
    if html:
        html.write_text(masks.page(views, loaded.name), "utf-8")
        terminal.console(stderr=True).print(f"{terminal.shown(str(html))} shows {len(views)} conversations.")
    if json:
        _print_json({"tokenizer": loaded.name, "conversations": [view.as_dict() for view in views]})
    elif not html:
        terminal.console().print(masks.terminal(views))


@app.command()
def lint(
    data: Files = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A value for the template, as JSON; may be repeated."
        ),
    ] = None,
    role: Roles = None,
    json: Json = False,
) -> None:
    """What a chat template does to conversations: dropped, moved, injected, trimmed, never trained, never ended.

    Given data, each is counted on its rows. Exit code 1 where training would go wrong.

    Example:  finesift lint --tokenizer models/qwen3 raw/chats.jsonl
    """
    from dataclasses import asdict

    from finesift import pipeline
    from finesift.chat.lint import lint as remarks_on
    from finesift.report import terminal

    settings = _recipe(
        recipe, data, _model(tokenizer, template, None, False), False, role, None, needed=False
    )
    loaded = pipeline.tokenizer_of(settings)
    corpus = pipeline.read_for(settings, loaded) if settings.data.train else None
    named = dict(_named(one, "--set", "enable_thinking=false") for one in set_ or ())
    values = settings.model.template_settings | {name: _json_value(text) for name, text in named.items()}
    remarks = remarks_on(loaded, corpus, settings=values)
    faults = [remark for remark in remarks if remark.fault and remark.rows != 0]
    if json:
        _print_json({"tokenizer": loaded.name, "remarks": [asdict(remark) for remark in remarks]})
    else:
        terminal.console().print(terminal.remarks(remarks, loaded.name))
    if faults:
        raise typer.Exit(1)


@app.command()
def template(
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    patched: Annotated[
        bool, typer.Option("--patched", help="With {% generation %} around what is to be trained.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Default: print it.")
    ] = None,
) -> None:
    """Print a model's chat template; patched, for trainers that ask for `{% generation %}`.

    Example:  finesift template --tokenizer models/qwen3 --patched -o qwen3.jinja
    """
    from finesift.chat.tokenizer import load_tokenizer

    loaded = load_tokenizer(tokenizer, template=template)
    source = loaded.template.source
    if patched:
        from finesift.chat.patch import patched as with_keyword

        source = with_keyword(loaded)
    if out:
        out.write_text(source, "utf-8")
    else:
        from finesift.report import terminal

        # To a file or a program as it is; on a terminal, no control character may pass.
        sys.stdout.write(terminal.shown(source) if sys.stdout.isatty() else source)


@app.command()
def audit(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    batches: Annotated[
        Path, typer.Argument(metavar="BATCHES", help="JSON lines or Parquet with input_ids and labels.")
    ],
    partial: Annotated[bool, typer.Option("--partial", help="Not all batches: rows may be missing.")] = False,
    json: Json = False,
) -> None:
    """Compare what a trainer put into its batches with the proved masks. Exit code 1 if anything differs.

    In a training script, `finesift.audit(trainer.get_train_dataloader(), "run")` does the same.

    Example:  finesift audit run batches.jsonl
    """
    from dataclasses import asdict

    from finesift import pipeline
    from finesift.chat.audit import read_batches

    found = pipeline.audit(read_batches(batches), run, partial=partial)
    if json:
        _print_json(asdict(found))
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.shown(str(found)), markup=False)
    raise typer.Exit(found.exit_code)


def _json_value(text: str) -> object:
    """The value that the text is in JSON; else the text."""
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def main() -> None:
    """The program `finesift`: exit code 0 fine, 1 a fault was found, 2 bad usage or unreadable input."""
    # Nothing here multiplies matrices: the threads that NumPy's BLAS starts on import would only spin, 0.1 s of CPU.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except FinesiftError as e:
        from finesift.report import terminal

        terminal.console(stderr=True).print(terminal.error(e.args[0], e.hint))
        sys.exit(2)


def _prep(settings: Recipe, out: Path, *, force: bool, json: bool, quiet: bool) -> None:
    from finesift import pipeline

    with _progress(quiet=quiet) as tell:
        run = pipeline.prep(settings, out, force=force, tell=tell)
    _print_run(run, json=json)


def _print_run(run: Run, *, json: bool) -> None:
    if json:
        _print_json({"run": str(run.path), **run.manifest["summary"]})
    else:
        from finesift.report import terminal

        terminal.console().print(terminal.run(run))


def _recipe(
    file: Path | None,
    data: list[str] | None,
    model: dict[str, Any],
    no_tokens: bool,
    roles: list[str] | None,
    held_out: list[str] | None,
    *,
    needed: bool = True,
) -> Recipe:
    """The recipe of a command: the file's, then what the command line says. needed: whether data must be named."""
    from finesift.recipe import Recipe

    settings = _loaded(file) if file else Recipe()
    model = {name: value for name, value in model.items() if value is not None}
    sections: dict[str, dict[str, Any]] = {"model": model | ({"count_tokens": False} if no_tokens else {})}
    if data:
        sections["data"] = {"train": data}
    if roles:
        named = dict(_named(role, "--role", "bot=assistant") for role in roles)
        sections.setdefault("data", {})["roles"] = {**settings.data.roles, **named}
    sections["held_out"] = dict(_named(one, "--held-out", "gsm8k=test.jsonl") for one in held_out or ())
    settings = settings.merge(**sections)
    if needed and not settings.data.train:
        raise UsageError("no data was given.", hint="Name files:  finesift prep raw/*.jsonl -o run")
    _refuse_sealed(settings)
    return settings


def _model(
    tokenizer: str | None, template: Path | None, train_turns: str | None, no_train_reasoning: bool
) -> dict[str, Any]:
    """What a command line says about the model; None where it says nothing."""
    return {
        "tokenizer": tokenizer,
        "template": template and str(template),
        "train_turns": train_turns,
        "train_reasoning": False if no_train_reasoning else None,
    }


def _refuse_sealed(settings: Recipe) -> None:
    """Every command that looks at data passes here; hub data sets hold no run."""
    from finesift.read import paths
    from finesift.run import refuse_sealed

    refuse_sealed(paths([name for name in settings.data.train if "://" not in name]))


def _loaded(file: Path) -> Recipe:
    from finesift.recipe import Recipe

    return Recipe.load(file)


def _named(text: str, option: str, example: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not (found and name and value):
        raise UsageError(f"{option} {text}: expected NAME=VALUE.", hint=f"For example:  {option} {example}")
    return name, value


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar per stage on a terminal; nothing in a pipe."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from finesift.report import terminal

    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=terminal.console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield tell


def _print_json(value: object) -> None:
    import orjson

    sys.stdout.write(
        orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n"
    )
