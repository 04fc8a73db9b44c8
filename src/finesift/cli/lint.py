"""`finesift lint`: what a chat template does."""

from __future__ import annotations

import typer

from finesift.cli.options import Files, Json, RecipeFile, Roles, TemplateFile, TemplateValues, TokenizerName
from finesift.cli.output import print_json
from finesift.cli.program import app
from finesift.cli.settings import model_of, settings_of, values_of


@app.command()
def lint(
    data: Files = None,
    recipe: RecipeFile = None,
    tokenizer: TokenizerName = None,
    template: TemplateFile = None,
    set_: TemplateValues = None,
    role: Roles = None,
    json: Json = False,
) -> None:
    """What a chat template does to conversations: dropped, moved, injected, trimmed, never trained, never ended.

    Given data, each is counted on its rows. Exit code 1 where training would go wrong.

    Example:  finesift lint --tokenizer models/qwen3 raw/chats.jsonl
    """
    from finesift.chat.lint import lint as remarks_on
    from finesift.inputs import read_for, tokenizer_of
    from finesift.report import terminal

    settings = settings_of(
        recipe, data, model_of(tokenizer, template, None, False), False, role, None, needed=False
    )
    loaded = tokenizer_of(settings)
    corpus = read_for(settings, loaded) if settings.data.train else None
    values = settings.model.template_settings | values_of(set_)
    remarks = remarks_on(loaded, corpus, settings=values)
    faults = [remark for remark in remarks if remark.harms]
    if json:
        print_json({"tokenizer": loaded.name, "remarks": [remark.as_dict() for remark in remarks]})
    else:
        terminal.console().print(terminal.remarks(remarks, loaded.name))
    if faults:
        raise typer.Exit(1)
