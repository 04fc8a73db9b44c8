"""What a trainer or a provider takes: kinds of rows, what of a row it carries, and how its files look.

    @target(kinds=("conversation",), carries=("tools",), source="…, version …")
    def openai(row: Row) -> dict[str, Any]:
        '''OpenAI, supervised fine-tuning.'''

A target turns one row into one record; it sees only rows that it can carry.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from finesift.export.layouts import json_lines
from finesift.export.published import Published
from finesift.export.rendered import Rendered
from finesift.export.rows import Record, Row, Source

#: What a row may have that not every target carries, in words.
FEATURES = {
    "system": "a system prompt",
    "developer": "a developer's message",
    "tools": "tools, tool calls or tool results",
    "reasoning": "reasoning",
    "untrained": "answers that are not to be trained",
    "several": "more than one answer",
    "open": "an end that is not an answer",
    "uneven": "turns that do not alternate between user and assistant",
    "names": "names of speakers",
    "pictures": "pictures at an address, or in the row",
    "media": "recordings, files, and pictures beside the text",
}

Files = Mapping[str, str]


@dataclass(frozen=True)
class Setting:
    """What a configuration has to know. files: the names of the data, of splits that have rows. length: tokens of the
    longest row, or the run's budget, so that nothing is cut; 4,096 where no tokens were counted. tokens: whether rows
    are token ids and labels."""

    source: Source
    files: Files
    length: int
    tokens: bool = False

    @property
    def model(self) -> str:
        return self.source.model

    @property
    def train(self) -> str:
        return self.files["train"]

    @property
    def validation(self) -> str | None:
        return self.files.get("validation")


@dataclass(frozen=True)
class Target:
    """name: as after --for. kinds and carries: of KINDS and FEATURES. least: rows under which it refuses to train.

    config: the smallest complete configuration, as files by name. source: where the layout is from, and its version.
    masked: rows are rendered before, so that those which the template refuses, or in which prompt and answer share a
    token, are left out by name. rendered: masked, and it renders messages in this way by the template that the export
    brings: rows of which it would train anything but what is proved are left out by name too.
    tokens: it is given token ids and labels. most: bytes that a file may have, 0 for any.
    """

    name: str
    kinds: tuple[str, ...]
    carries: tuple[str, ...]
    record: Callable[[Row], Record]
    config: Callable[[Setting], Files]
    write: Callable[[Path, Sequence[Record]], None]
    names: tuple[str, str]  # of the training and the validation file
    least: int
    most: int
    note: str
    warns: Callable[[Source], str | None]
    source: str
    limits: Callable[[Row], str | None]
    given: Callable[[Row], Row]
    published: Published | None
    masked: bool
    rendered: Rendered | None
    tokens: bool

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
        if any(not (proof.labels >= 0).any() for proof in row.proofs):
            return "the template refuses it, or no token of it would be trained"
        if self.masked and any(proof.edge for proof in row.proofs):
            return f"a token begins in the prompt and ends in the answer, and {self.name} may train it"
        if why := self.limits(row):
            return why
        return None if self.published is None else self.published.breaks(self.given(row))


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
        "untrained": any(message.get("train") is False for message in answers),
        "several": row.kind == "conversation" and len(answers) > 1,
        "open": row.kind == "conversation" and roles[-1:] != ["assistant"],
        "uneven": _uneven(row),
        "names": any(message.get("name") and message["role"] != "tool" for message in row.all_messages),
        "pictures": row.media and row.pictured,
        "media": row.media and not row.pictured,
    }
    return [name for name, has in found.items() if has]


def _uneven(row: Row) -> bool:
    """Whether turns do not alternate. Results of tools stand where a user's turn does, several for one."""
    said = [m["role"] for m in row.messages if m["role"] not in ("system", "developer")]
    turns = ["user" if role == "tool" else role for role in said]
    joined = [role for n, role in enumerate(turns) if not (n and said[n] == "tool" and said[n - 1] == "tool")]
    expected = ["user" if n % 2 == 0 else "assistant" for n in range(len(joined))]
    return joined != expected or any(m["role"] == "system" for m in row.messages[1:])


_declared: dict[str, Target] = {}


def target(
    *,
    kinds: Iterable[str],
    carries: Iterable[str],
    source: str = "",
    published: Published | None = None,
    given: Callable[[Row], Row] | None = None,
    config: Callable[[Setting], Files] | None = None,
    write: Callable[[Path, Sequence[Record]], None] = json_lines,
    names: tuple[str, str] = ("train.jsonl", "validation.jsonl"),
    least: int = 0,
    most: int = 0,
    note: str = "",
    warns: Callable[[Source], str | None] | None = None,
    limits: Callable[[Row], str | None] | None = None,
    masked: bool = False,
    rendered: Rendered | None = None,
    tokens: bool = False,
) -> Callable[[Callable[[Row], Record]], Callable[[Row], Record]]:
    """Declares a target; its name is the function's, with - for _. limits: why a row breaks a rule of it, or None.
    published: the table of its rules, held against what `given` makes of a row.
    warns: what it does otherwise than proved with rows of this run, or None."""

    def declare(record: Callable[[Row], Record]) -> Callable[[Row], Record]:
        name = record.__name__.replace("_", "-")
        _declared[name] = Target(
            name,
            tuple(kinds),
            tuple(carries),
            record,
            config or (lambda _: {}),
            write,
            names,
            least,
            most,
            note,
            warns or (lambda _: None),
            source or (f"{published.page}; read {published.read}" if published else ""),
            limits or (lambda _: None),
            given or (lambda row: row),
            published,
            masked or rendered is not None,
            rendered,
            tokens,
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
