"""A chat template: the Jinja program that turns a conversation into the text a model reads.

Rendered as Hugging Face transformers does (5.23, `transformers.utils.chat_template_utils`); where that is
installed, tests compare. The program is a stranger's: `finesift.chat.sandbox` says what it may take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any

import jinja2
from jinja2 import nodes

from finesift.chat.measured import Stopped, weight
from finesift.chat.opaque import writes
from finesift.chat.sandbox import Sandbox
from finesift.errors import ModelError, RenderError

Message = Mapping[str, Any]

# What a program can raise that runs on data it was not made for. MemoryError: the last resort.
FAILURES = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)
#: The longest public template has 30,000 characters.
LONGEST = 1_000_000
#: What a conversation may weigh, about its characters, before it may itself be why a template takes too long.
SMALL = 100_000
REASONING = ("reasoning_content", "thinking", "reasoning")
#: What a template is given with each conversation; all else that it reads is a setting.
OWN = frozenset({"messages", "tools", "documents", "add_generation_prompt"})


class Template:
    """A compiled chat template.

    tokens: special tokens by name (bos_token, eos_token, …), which templates write. Raises ModelError where
    the source is no template. A template may be used by several threads, one after the other.
    """

    def __init__(
        self,
        source: str,
        *,
        tokens: Mapping[str, str] | None = None,
        name: str = "template",
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.source = source
        self.name = name
        self.tokens = dict(tokens or {})
        self.sandbox = Sandbox(now)
        self.program = self.compile()
        self._lock = Lock()

    def compile(self, rewrite: Callable[[nodes.Template], nodes.Template] | None = None) -> jinja2.Template:
        """The program, or what `rewrite` makes of its syntax tree."""
        if len(self.source) > LONGEST:
            raise ModelError(
                f"{self.name}: a chat template of {len(self.source):,} characters; "
                f"at most {LONGEST:,} are read."
            )
        try:
            tree = self.sandbox.parse(self.source)
            return self.sandbox.compile_tree(rewrite(tree) if rewrite else tree)
        except jinja2.TemplateSyntaxError as e:
            raise ModelError(
                f"{self.name}:{e.lineno}: this chat template is not Jinja: {e.message}.",
                hint="Check chat_template.jinja, or the field chat_template of tokenizer_config.json.",
            ) from e
        except (RecursionError, SyntaxError, MemoryError, ValueError, jinja2.TemplateError) as e:
            raise ModelError(f"{self.name}: this chat template cannot be compiled: {e}.") from e

    @cached_property
    def writes(self) -> str | None:
        """How it writes what messages say, if it never looks at that; see `finesift.chat.opaque`."""
        return writes(self.sandbox.parse(self.source))

    def render(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Mapping[str, Any]] | None = None,
        add_generation_prompt: bool = False,
        **settings: Any,
    ) -> str:
        """The text of a conversation. Raises RenderError, with the template's own words, where it refuses.
        Where it has to be stopped on a conversation that is not large, which is its own doing: ModelError.

        A message field that is None counts as absent, and reasoning is found under each of its three names.
        """
        given = [as_template_sees(message) for message in messages]
        return self.run(self.program, given, tools, add_generation_prompt, settings)

    def run(
        self,
        program: jinja2.Template,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None,
        add_generation_prompt: bool,
        settings: Mapping[str, Any],
    ) -> str:
        """Runs `program`, which `compile` made, on messages as they are."""
        values = {
            **self.sandbox.globals,
            **self.tokens,
            "messages": messages,
            "tools": tools,
            "documents": None,
            "add_generation_prompt": add_generation_prompt,
            **settings,
        }
        with self._lock:
            self.sandbox.begin()
            try:
                # "shared" takes the values as they are; else Jinja copies them twice, which costs as much as
                # a short conversation.
                context = program.new_context(values, shared=True)
                return self.sandbox.concat(program.root_render_func(context))
            except RecursionError as e:
                raise RenderError("it calls itself without an end") from e
            except Stopped as e:
                if _is_small(messages) and _is_small(tools):
                    raise ModelError(
                        f"{self.name}: this chat template was stopped: {e}.",
                        hint="It is a program that does what none needs to do. Use another.",
                    ) from e
                raise RenderError(str(e)) from e
            except FAILURES as e:
                raise RenderError(str(e) or type(e).__name__) from e


def _is_small(value: object) -> bool:
    try:
        return weight(value) < SMALL
    except Stopped:
        return False


def as_template_sees(message: Message) -> dict[str, Any]:
    """The message without fields that are None; its reasoning, if any, under the names templates read."""
    seen = {key: value for key, value in message.items() if value is not None}
    for key in REASONING:
        if key in seen:
            return {"thinking": seen[key], **seen, "reasoning_content": seen[key]}
    return seen
