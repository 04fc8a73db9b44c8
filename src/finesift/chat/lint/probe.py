"""What a template is probed with, and where detectors are declared.

A detector is a function in a file of its own that probes a template and yields remarks. `touches` says, by the name of
a remark, which messages of the data it is about.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

import polars as pl

from finesift.chat.lint.remedies import remedy
from finesift.chat.mask import Masker
from finesift.chat.spans import Spans
from finesift.chat.template import Message, Template
from finesift.chat.tokenizer import Tokenizer
from finesift.errors import RenderError

# A word per field, so that each is found again wherever it went.
SYSTEM, ASK, MORE = "Zqsysjkvx", "Zqaskjkvx", "Zqmorejkvx"
SAY, LAST, THINK, LATER = "Zqsayjkvx", "Zqlastjkvx", "Zqthinkjkvx", "Zqlaterjkvx"
CALLED, KEY, VALUE, RESULT, TOOL, ABOUT = (
    "zqcall",
    "zqkey",
    "Zqvaluejkvx",
    "Zqresultjkvx",
    "zqtool",
    "Zqaboutjkvx",
)


@dataclass(frozen=True)
class Remark:
    """name: one word for it. fault: training goes wrong by it, unless it is meant; else it is worth knowing.

    rows: how many rows of the data it touches, None without data or where that is no matter of rows.
    places: the first of them, as source:row.
    """

    name: str
    fault: bool
    message: str
    rows: int | None = None
    places: list[str] = field(default_factory=list)

    @property
    def harms(self) -> bool:
        """Whether training goes wrong by it: a fault that none of the rows has does no harm to them."""
        return self.fault and self.rows != 0

    @property
    def severity(self) -> str:
        """fault: training goes wrong; harmless here: it would, but none of the rows has it; note: worth knowing."""
        return "fault" if self.harms else "harmless here" if self.fault else "note"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return remedy(self.name)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"severity": self.severity, "remedy": self.remedy}


@dataclass(frozen=True)
class Probed:
    """A template under test."""

    tokenizer: Tokenizer
    masker: Masker
    settings: Mapping[str, Any]

    @property
    def template(self) -> Template:
        return self.tokenizer.template

    def text(
        self, *messages: Message, tools: Sequence[Any] | None = None, prompt: bool = False, **more: Any
    ) -> str | None:
        """None where the template refuses."""
        try:
            return self.tokenizer.template_for(tools).render(
                messages, tools=tools, add_generation_prompt=prompt, **{**self.settings, **more}
            )
        except RenderError:
            return None

    def raw(self, *messages: dict[str, Any]) -> str | None:
        """The messages as they are, fields that are None included, as serving stacks may pass them."""
        try:
            return self.template.run(self.template.program, messages, None, False, self.settings)
        except RenderError:
            return None

    def spans(self, *messages: Message, tools: Sequence[Any] | None = None) -> Spans | None:
        try:
            return self.masker.finder(tools).find(messages, tools)
        except RenderError:
            return None


def said(role: str, content: str | None, **fields: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **fields}


def calls(arguments: object) -> list[dict[str, Any]]:
    return [{"id": "call00000", "type": "function", "function": {"name": CALLED, "arguments": arguments}}]


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": TOOL,
            "description": ABOUT,
            "parameters": {"type": "object", "properties": {KEY: {"type": "string", "description": KEY}}},
        },
    }
]
USER, ANSWER = said("user", ASK), said("assistant", SAY)
TWO = (USER, ANSWER, said("user", MORE), said("assistant", LAST))


def reasoned() -> tuple[Message, ...]:
    """Two questions and answers, each with its reasoning."""
    return (
        USER,
        said("assistant", SAY, reasoning_content=THINK),
        said("user", MORE),
        said("assistant", LAST, reasoning_content=LATER),
    )


def short(text: str, size: int = 80) -> str:
    return repr(text if len(text) <= size else text[:size] + "…")


Detect = Callable[[Probed], Iterator[Remark]]


@dataclass(frozen=True)
class Detector:
    """touches: expressions over turns, by remark."""

    detect: Detect
    order: int
    touches: Mapping[str, pl.Expr]


_declared: dict[str, Detector] = {}


def detector(order: int, *, touches: Mapping[str, pl.Expr] | None = None) -> Callable[[Detect], Detect]:
    """Declares a detector. order: its place among the remarks, which are told in it."""

    def declare(detect: Detect) -> Detect:
        _declared[detect.__name__] = Detector(detect, order, touches or {})
        return detect

    return declare


@cache
def detectors() -> tuple[Detector, ...]:
    """All detectors, in their order."""
    package = import_module("finesift.chat.lint")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return tuple(sorted(_declared.values(), key=lambda one: one.order))
