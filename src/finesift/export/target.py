"""What a trainer or a provider takes: kinds of rows, what of a row it carries, and how its files look.

    @target(kinds=("conversation",), carries=("tools",), source="…, version …")
    def openai(row: Row) -> dict[str, Any]:
        '''OpenAI, supervised fine-tuning.'''

A target turns one row into one record; it sees only rows that it can carry.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

#: What a row may have that not every target carries, in words.
FEATURES = {
    "system": "a system prompt",
    "developer": "a developer's message",
    "tools": "tools, tool calls or tool results",
    "reasoning": "reasoning",
    "media": "pictures, recordings or files",
    "untrained": "answers that are not to be trained",
    "several": "more than one answer",
    "open": "an end that is not an answer",
    "uneven": "turns that do not alternate between user and assistant",
}

Record = dict[str, Any]
Files = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """A written row. kind: see `write.kinds`. messages: of a pair the prompt. chosen, rejected: a pair's two ends."""

    id: str
    kind: str
    messages: list[Record]
    tools: list[Record]
    chosen: list[Record] = field(default_factory=list)
    rejected: list[Record] = field(default_factory=list)
    text: str | None = None
    label: bool | None = None
    media: bool = False

    @property
    def all_messages(self) -> list[Record]:
        return self.messages + self.chosen + self.rejected


@dataclass(frozen=True)
class Target:
    """name: as after --for. kinds and carries: of KINDS and FEATURES. least: rows under which it refuses to train.

    config: the smallest complete configuration, as files by name. source: where the layout is from, and its version.
    """

    name: str
    kinds: tuple[str, ...]
    carries: tuple[str, ...]
    record: Callable[[Row], Record]
    config: Callable[[Files], Files]
    names: tuple[str, str]  # of the training and the validation file
    least: int
    note: str
    source: str
    limits: Callable[[Row], str | None]

    @property
    def title(self) -> str:
        return (inspect.getdoc(self.record) or "").split("\n", 1)[0].removesuffix(".")

    def refuses(self, row: Row) -> str | None:
        """Why this target cannot take the row, or None."""
        if row.kind not in self.kinds:
            return f"{self.name} takes no {row.kind} rows"
        for name in features(row):
            if name not in self.carries:
                return f"{self.name} does not carry {FEATURES[name]}"
        return self.limits(row)


def features(row: Row) -> list[str]:
    """What the row has, of FEATURES."""
    if row.kind == "text":
        return []
    roles = [message["role"] for message in row.all_messages]
    answers = [message for message in row.all_messages if message["role"] == "assistant"]
    found = {
        "system": "system" in roles,
        "developer": "developer" in roles,
        "tools": bool(row.tools) or "tool" in roles or any(message.get("tool_calls") for message in answers),
        "reasoning": any(message.get("reasoning_content") for message in answers),
        "media": row.media,
        "untrained": any(message.get("train") is False for message in answers),
        "several": row.kind == "conversation" and len(answers) > 1,
        "open": row.kind == "conversation" and roles[-1:] != ["assistant"],
        "uneven": _uneven(row),
    }
    return [name for name, has in found.items() if has]


def _uneven(row: Row) -> bool:
    said = [m["role"] for m in row.messages if m["role"] not in ("system", "developer")]
    if "tool" in said or any(m.get("tool_calls") for m in row.messages):
        return False
    expected = ["user" if n % 2 == 0 else "assistant" for n in range(len(said))]
    return said != expected or any(m["role"] == "system" for m in row.messages[1:])


_declared: dict[str, Target] = {}


def target(
    *,
    kinds: Iterable[str],
    carries: Iterable[str],
    source: str,
    config: Callable[[Files], Files] | None = None,
    names: tuple[str, str] = ("train.jsonl", "validation.jsonl"),
    least: int = 0,
    note: str = "",
    limits: Callable[[Row], str | None] | None = None,
) -> Callable[[Callable[[Row], Record]], Callable[[Row], Record]]:
    """Declares a target; its name is the function's, with - for _. limits: why a row breaks a rule of it, or None."""

    def declare(record: Callable[[Row], Record]) -> Callable[[Row], Record]:
        name = record.__name__.replace("_", "-")
        _declared[name] = Target(
            name,
            tuple(kinds),
            tuple(carries),
            record,
            config or (lambda _: {}),
            names,
            least,
            note,
            source,
            limits or (lambda _: None),
        )
        return record

    return declare


@cache
def targets() -> dict[str, Target]:
    """All targets by name."""
    import finesift.export as ours

    for module in pkgutil.iter_modules(ours.__path__):
        import_module(f"{ours.__name__}.{module.name}")
    return dict(sorted(_declared.items()))
