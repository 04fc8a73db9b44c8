"""The rows of a run as exports see them, with what is proved of them where a target asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from finesift.chat.conversations import conversations
from finesift.chat.mask import Masked, Masker
from finesift.chat.tokenizer import Tokenizer
from finesift.export.pictures import pictures
from finesift.inputs import tokenizer_of_run, wanted_of
from finesift.read import read
from finesift.recipe import Recipe
from finesift.run import Run
from finesift.write.kinds import file_of, kind_of
from finesift.write.media import has_fields, has_media

Record = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """What is proved of a row. ids, labels: int32 [T], -100 where a token is not trained; none where the template
    refuses the row. edge: a token begins in the prompt and ends in the answer, so inference cannot write it."""

    ids: NDArray[np.int32]
    labels: NDArray[np.int32]
    edge: bool


@dataclass(frozen=True)
class Row:
    """A written row. kind: see `write.kinds`. messages: of a pair the prompt. chosen, rejected: a pair's two ends.

    media: whether it holds pictures, recordings or files. beside: whether in fields beside the content. proofs: where
    they were asked for, one of a conversation or a rated answer, and of a pair one of each side, chosen first.
    parallel: whether tools may be called at once, where the row came with a word on it."""

    id: str
    kind: str
    messages: list[Record]
    tools: list[Record]
    chosen: list[Record] = field(default_factory=list)
    rejected: list[Record] = field(default_factory=list)
    text: str | None = None
    label: bool | None = None
    media: bool = False
    beside: bool = False
    proofs: tuple[Proof, ...] = ()
    parallel: bool | None = None

    @property
    def longest(self) -> int:
        """Tokens of it, or of a pair's longer side; 0 where they are not known."""
        return max((len(proof.ids) for proof in self.proofs), default=0)

    @property
    def pictured(self) -> bool:
        """Whether all that is no text is pictures that a message itself shows."""
        return not self.beside and pictures(self.all_messages) is not None

    @property
    def all_messages(self) -> list[Record]:
        return self.messages + self.chosen + self.rejected


@dataclass(frozen=True)
class Source:
    """A run as it is exported. Its tokenizer must be the one that it was made with; there is none where no tokens
    were counted."""

    run: Run

    @cached_property
    def recipe(self) -> Recipe:
        return Recipe.parse(self.run.manifest["recipe"])

    @cached_property
    def tokenizer(self) -> Tokenizer | None:
        return tokenizer_of_run(self.run) if self.run.manifest.get("tokenizer") else None

    @cached_property
    def marked(self) -> str | None:
        """The template with `{% generation %}` around what is trained, and the recipe's settings; None without a
        tokenizer. Raises ModelError where the template cannot have it."""
        from finesift.chat.patch import patched

        if self.tokenizer is None:
            return None
        return self.settled(patched(self.tokenizer, settings=self.recipe.model.template_settings).source)

    def settled(self, template: str) -> str:
        """The template with the recipe's settings in it: trainers have other ways to say them, or none."""
        settings = self.recipe.model.template_settings
        said = (f"{{% set {name} = {orjson.dumps(value).decode()} %}}" for name, value in settings.items())
        return "".join(said) + template

    @property
    def model(self) -> str:
        """What the recipe calls the model; MODEL where it names none."""
        return self.recipe.model.tokenizer or "MODEL"

    def rows(self, split: str, *, proved: bool) -> Iterator[tuple[Row, bytes]]:
        """Each row with its line. proved: with its token ids and its mask, if it is no plain text.

        Where the recipe trains the last answer only, the others say so, as they would if the data did.
        """
        only_last = self.recipe.model.train_turns == "last"
        for file in self.run.files(split):
            proofs = self._proofs(file) if proved and file.name != file_of(split, "text") else {}
            for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
                if line:
                    row = row_of(line, tuple(proofs.get(number, ())))
                    if only_last and row.kind == "conversation":
                        _spare_all_but_the_last(row.messages)
                    yield row, line

    @cached_property
    def _masker(self) -> Masker:
        assert self.tokenizer is not None
        return Masker(self.tokenizer, wanted_of(self.recipe), by_kind=True)

    def _proofs(self, file: Path) -> dict[int, list[Proof]]:
        if self.tokenizer is None or not file.stat().st_size:
            return {}
        corpus = read([str(file)])
        numbers = corpus.examples["row"].to_list()
        found: dict[int, list[Proof]] = {}
        for one in self._masker.mask(conversations(corpus)):
            found.setdefault(numbers[one.conversation.row], []).append(_proof(one))
        return found


def _proof(one: Masked) -> Proof:
    if one.refused:
        none = np.empty(0, np.int32)
        return Proof(none, none, False)
    edge = any(problem.name == "edge_token" for problem in one.problems)
    return Proof(one.ids.astype(np.int32), one.labels, edge)


def _spare_all_but_the_last(messages: list[Record]) -> None:
    answers = [message for message in messages if message["role"] == "assistant"]
    for message in answers[:-1]:
        message["train"] = False


def row_of(line: bytes, proofs: tuple[Proof, ...] = ()) -> Row:
    """A line of train.jsonl and its like."""
    raw = orjson.loads(line)
    kind, media = kind_of(raw), has_media(raw)
    tools, beside = raw.get("tools", []), media and has_fields(raw)
    if kind == "preference":
        sides = raw["chosen"], raw["rejected"]
        prompt = raw.get("prompt", [])
        return Row(raw["id"], kind, prompt, tools, *sides, media=media, beside=beside, proofs=proofs)
    if kind == "text":
        return Row(raw["id"], kind, [], [], text=raw["text"])
    messages = raw["messages"] if "messages" in raw else raw.get("prompt", []) + raw.get("completion", [])
    label = raw.get("label")
    parallel = (raw.get("extra") or {}).get("parallel_tool_calls")
    return Row(
        raw["id"], kind, messages, tools, label=label, media=media, beside=beside, proofs=proofs,
        parallel=parallel if isinstance(parallel, bool) else None,
    )  # fmt: skip
