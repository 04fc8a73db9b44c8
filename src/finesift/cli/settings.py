"""From a command line to a recipe: the file's settings, then what the options say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from finesift.errors import UsageError

if TYPE_CHECKING:
    from finesift.recipe import Recipe


def settings_of(
    file: Path | None,
    data: list[str] | None,
    model: dict[str, Any],
    no_tokens: bool,
    roles: list[str] | None,
    held_out: list[str] | None,
    *,
    columns: list[str] | None = None,
    multimodal: str | None = None,
    redact: list[str] | None = None,
    needed: bool = True,
) -> Recipe:
    """The recipe of a command: the file's, then what the command line says. needed: whether data must be named."""
    from finesift.recipe import Recipe

    settings = loaded(file) if file else Recipe()
    model = {name: value for name, value in model.items() if value is not None}
    sections: dict[str, dict[str, Any]] = {"model": model | ({"count_tokens": False} if no_tokens else {})}
    if data:
        sections["data"] = {"train": data}
    if roles:
        asked = dict(named(role, "--role", "bot=assistant") for role in roles)
        sections.setdefault("data", {})["roles"] = {**settings.data.roles, **asked}
    if columns:
        asked = dict(named(one, "--column", "question_text=prompt") for one in columns)
        sections.setdefault("data", {})["columns"] = {**settings.data.columns, **asked}
    if redact:
        asked_kinds = [kind for one in redact for kind in one.split(",")]
        sections.setdefault("data", {})["redact"] = list(dict.fromkeys([*settings.data.redact, *asked_kinds]))
    if multimodal:
        sections.setdefault("data", {})["multimodal"] = multimodal
    for name, held in (named(one, "--held-out", "gsm8k=test.jsonl") for one in held_out or ()):
        sections.setdefault("held_out", {}).setdefault(name, []).append(held)
    settings = settings.merge(**sections)
    if needed and not settings.data.train:
        raise UsageError("no data was given.", hint="Name files:  finesift prep raw/*.jsonl -o run")
    _refuse_sealed(settings)
    return settings


def model_of(
    tokenizer: str | None, template: Path | None, train_turns: str | None, no_train_reasoning: bool
) -> dict[str, Any]:
    """What a command line says about the model; None where it says nothing."""
    return {
        "tokenizer": tokenizer,
        "template": template and str(template),
        "train_turns": train_turns,
        "train_reasoning": False if no_train_reasoning else None,
    }


def loaded(file: Path) -> Recipe:
    from finesift.recipe import Recipe

    return Recipe.load(file)


def named(text: str, option: str, example: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not (found and name and value):
        raise UsageError(f"{option} {text}: expected NAME=VALUE.", hint=f"For example:  {option} {example}")
    return name, value


def _refuse_sealed(settings: Recipe) -> None:
    """Every command that looks at data passes here; hub data sets hold no run."""
    from finesift.read import paths
    from finesift.run import refuse_sealed

    refuse_sealed(paths([name for name in settings.data.train if "://" not in name]))


def values_of(asked: list[str] | None) -> dict[str, object]:
    """What `--set` gives a template: NAME=VALUE with the value as JSON, or else as the text that it is."""
    pairs = dict(named(one, "--set", "enable_thinking=false") for one in asked or ())
    return {name: _json_value(text) for name, text in pairs.items()}


_PYTHON: dict[str, object] = {"True": True, "False": False, "None": None}


def _json_value(text: str) -> object:
    """The value that the text is in JSON, or in Python where it is True, False or None; else the text."""
    import orjson

    # As a text each of them would count as true in a template.
    if text in _PYTHON:
        return _PYTHON[text]
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
