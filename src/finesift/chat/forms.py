"""The form in which a template wants tool calls: their arguments as an object or as JSON text.

OpenAI's form gives arguments as JSON text. A template that prints them with `tojson` encodes such text a second time,
one that walks through them refuses it; others print an object as Python would. Each is asked with a call of our own,
and rows are handed over, and written, in the form in which the call comes out as JSON, or at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NoReturn

import polars as pl

from finesift.chat.template import Template
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus
from finesift.errors import ModelError, RenderError

Form = Literal["object", "text"]

# Words that no template writes of its own accord.
_KEY, VALUE, NAME, _ID = "qxcity", "Qxrome", "qxweather", "qxcall001"
_GIVEN = {_KEY: VALUE, "qxdays": 3}
_TOOL = {
    "type": "function",
    "function": {
        "name": NAME,
        "description": "Tells the weather.",
        "parameters": {"type": "object", "properties": {_KEY: {"type": "string", "description": "Where"}}},
    },
}


def form_of(template: Template) -> Form | None:
    """The form of arguments that the template wants; None where it shows a call in neither."""
    as_object, as_text = shown(template, _GIVEN), shown(template, json.dumps(_GIVEN, ensure_ascii=False))
    if as_object is None and as_text is None:
        return None
    if as_object is not None and as_text is not None:
        # Where both come out the same, text is safer in files: columns of objects with other keys are merged by
        # some readers, which invents nulls.
        if as_object == as_text:
            return "text"
        return "object" if _is_plain(as_object) or not _is_plain(as_text) else "text"
    return "text" if as_object is None else "object"


def wanted_form(corpus: Corpus, tokenizer: Tokenizer) -> Form | None:
    """The form for these rows; None where they have neither calls nor tools, or the template shows none."""
    calls, tools = corpus.turns["tool_calls"], corpus.examples["tools"]
    if calls.null_count() == len(calls) and tools.null_count() == len(tools):
        return None
    return form_of(tokenizer.template_for(True))


def formed(corpus: Corpus, form: Form | None) -> Corpus:
    """The corpus with every tool call as {"type": "function", "function": …} and its arguments in `form`, and with
    tools wrapped likewise. Ids stay; what cannot be read as a call stays as it is."""
    if form is None:
        return corpus

    def call(text: str) -> str:
        return _rewritten(text, lambda each: _call(each, form))

    turns = _mapped(corpus.turns, "tool_calls", call)
    examples = _mapped(corpus.examples, "tools", lambda text: _rewritten(text, _tool))
    return replace(corpus, turns=turns, examples=examples)


def shown(template: Template, arguments: object) -> str | None:
    """What the template makes of a call with these arguments, `VALUE` among them; None where it refuses or loses it."""
    function = {"name": NAME, "arguments": arguments}
    asked: list[dict[str, Any]] = [{"role": "user", "content": "Weather?"}]
    called = {"role": "assistant", "tool_calls": [{"id": _ID, "type": "function", "function": function}]}
    result = {"role": "tool", "tool_call_id": _ID, "name": NAME, "content": "Fair."}
    said = {"role": "assistant", "content": "It is fair."}
    # Some want a text beside the call, some no tools, some nothing after the call.
    for content in ({}, {"content": ""}, {"content": None}):
        for after in ([result, said], []):
            for tools in ([_TOOL], None):
                try:
                    text = template.render([*asked, called | content, *after], tools=tools)
                except (RenderError, ModelError):
                    continue
                if VALUE in text and NAME in text:
                    return text
    return None


def _is_plain(text: str) -> bool:
    """Whether the arguments stand in the text encoded once, and not as Python writes a dict."""
    return f'\\"{_KEY}' not in text and f"'{_KEY}'" not in text


def _mapped(frame: pl.DataFrame, name: str, change: Callable[[str], str]) -> pl.DataFrame:
    column = frame[name]
    if column.null_count() == frame.height:
        return frame
    changed = {text: change(text) for text in column.unique() if text is not None}
    return frame.with_columns(pl.Series(name, [text and changed[text] for text in column], dtype=pl.String))


def _rewritten(text: str, change: Callable[[Any], Any]) -> str:
    """A JSON list with `change` made to each of its objects."""
    try:
        listed = _load(text)
    except ValueError:
        return text
    if not isinstance(listed, list):
        return text
    changed = [change(each) if isinstance(each, dict) else each for each in listed]
    return text if changed == listed else json.dumps(changed, ensure_ascii=False, separators=(",", ":"))


def _call(call: dict[str, Any], form: Form) -> dict[str, Any]:
    if isinstance(call.get("function"), dict):
        function = call["function"]
        around = call if "type" in call else {**call, "type": "function"}
    elif isinstance(call.get("name"), str) and "arguments" in call:
        function = {key: call[key] for key in ("name", "arguments")}
        around = {key: value for key, value in call.items() if key not in function} | {"type": "function"}
    else:
        return call
    return {**around, "function": _with_arguments(function, form)}


def _with_arguments(function: dict[str, Any], form: Form) -> dict[str, Any]:
    given = function.get("arguments")
    if form == "object" and isinstance(given, str):
        value = _object_in(given)
        return function if value is None else {**function, "arguments": value}
    if form == "text" and isinstance(given, (dict, str)):
        value = given if isinstance(given, dict) else _object_in(given)
        return function if value is None else {**function, "arguments": json.dumps(value, ensure_ascii=False)}
    return function


def _object_in(text: str) -> dict[str, Any] | None:
    """The arguments that a text holds, also one that was encoded twice; None where it holds no object."""
    value: Any = text
    for _ in range(2):
        if not isinstance(value, str):
            break
        try:
            value = _load(value) if value.strip() else {}
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def _load(text: str) -> Any:
    """JSON that can be written again as it is. Raises ValueError for anything else: a key given twice, a number that is
    none, half of a character, nesting without an end."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is given twice")
    return made


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool as inference sends it. Anthropic calls its parameters `input_schema`."""
    if "function" in tool or not isinstance(tool.get("name"), str):
        return tool
    function = {
        ("parameters" if key == "input_schema" else key): value
        for key, value in tool.items()
        if key != "type"
    }
    return {"type": "function", "function": function}
