"""A chat template: the Jinja program that turns a conversation into the text a model reads.

Rendered as Hugging Face transformers does (`transformers.utils.chat_template_utils`): sandboxed, blocks
trimmed, loop controls, `tojson` without HTML escapes, `raise_exception`, `strftime_now`, `generation`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from finesift.errors import ModelError, RenderError


class Template:
    """A compiled chat template.

    tokens: special tokens by name (bos_token, eos_token, …), which templates write. Raises ModelError where
    the source is no template.
    """

    def __init__(
        self, source: str, *, tokens: Mapping[str, str] | None = None, name: str = "template"
    ) -> None:
        self.source = source
        self.name = name
        self.tokens = dict(tokens or {})
        try:
            self._compiled = _environment().from_string(source)
        except jinja2.TemplateSyntaxError as e:
            raise ModelError(
                f"{name}:{e.lineno}: this chat template is not Jinja: {e.message}.",
                hint="Check chat_template.jinja, or the field chat_template of tokenizer_config.json.",
            ) from e

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        tools: Sequence[Mapping[str, Any]] | None = None,
        add_generation_prompt: bool = False,
        **settings: Any,
    ) -> str:
        """The text of a conversation. Raises RenderError, with the template's own words, where it refuses."""
        try:
            return self._compiled.render(
                messages=messages,
                tools=tools,
                documents=None,
                add_generation_prompt=add_generation_prompt,
                **self.tokens,
                **settings,
            )
        except (
            jinja2.TemplateError,
            TypeError,
            ValueError,
            LookupError,
            AttributeError,
            ArithmeticError,
        ) as e:
            raise RenderError(str(e) or type(e).__name__) from e


class _Generation(Extension):
    """`{% generation %}`: marks what is trained; rendering ignores it."""

    tags = {"generation"}  # noqa: RUF012 (Jinja's own form)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)
