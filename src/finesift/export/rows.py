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

from finesift.chat.conversations import Conversation, conversations
from finesift.chat.mask import Masked, Masker
from finesift.chat.tokenizer import Tokenizer
from finesift.pipeline import tokenizer_of_run, wanted_of
from finesift.read import read
from finesift.recipe import Recipe
from finesift.run import Run
from finesift.write.kinds import file_of, kind_of
from finesift.write.media import has_media

Record = dict[str, Any]

_PROBE = "Seven bridges."


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
    media: whether it holds pictures, recordings or files. proof: of a conversation, where it was asked for."""

    id: str
    kind: str
    messages: list[Record]
    tools: list[Record]
    chosen: list[Record] = field(default_factory=list)
    rejected: list[Record] = field(default_factory=list)
    text: str | None = None
    label: bool | None = None
    media: bool = False
    proof: Proof | None = None

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

    @property
    def model(self) -> str:
        """What the recipe calls the model; MODEL where it names none."""
        return self.recipe.model.tokenizer or "MODEL"

    def rows(self, split: str, *, proved: bool) -> Iterator[tuple[Row, bytes]]:
        """Each row with its line. proved: with its token ids and its mask, if it is a conversation."""
        for file in self.run.files(split):
            proofs = self._proofs(file) if proved and file.name == file_of(split, "conversation") else {}
            for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
                if line:
                    yield row_of(line, proofs.get(number)), line

    def words(self) -> str:
        """What the template itself writes where an answer begins, after the prompt of inference: "" mostly."""
        if self.tokenizer is None:
            return ""
        messages = [{"role": "user", "content": "How many?"}, {"role": "assistant", "content": _PROBE}]
        probe = Conversation(0, 0, "messages", messages, None, [0, 1], None)
        (masked,) = self._masker.mask([probe])
        if not masked.spans.spans:
            return ""
        span = masked.spans.spans[-1]
        return masked.text[span.start : span.end].partition(_PROBE)[0]

    @cached_property
    def _masker(self) -> Masker:
        assert self.tokenizer is not None
        return Masker(self.tokenizer, wanted_of(self.recipe), by_kind=True)

    def _proofs(self, file: Path) -> dict[int, Proof]:
        if self.tokenizer is None or not file.stat().st_size:
            return {}
        corpus = read([str(file)])
        numbers = corpus.examples["row"].to_list()
        masked = self._masker.mask(conversations(corpus))
        return {numbers[one.conversation.row]: _proof(one) for one in masked}


def _proof(one: Masked) -> Proof:
    if one.refused:
        none = np.empty(0, np.int32)
        return Proof(none, none, False)
    edge = any(problem.name == "edge_token" for problem in one.problems)
    return Proof(one.ids.astype(np.int32), one.labels, edge)


def row_of(line: bytes, proof: Proof | None = None) -> Row:
    """A line of train.jsonl and its like."""
    raw = orjson.loads(line)
    kind, media = kind_of(raw), has_media(raw)
    tools = raw.get("tools", [])
    if kind == "preference":
        return Row(raw["id"], kind, raw.get("prompt", []), tools, raw["chosen"], raw["rejected"], media=media)
    if kind == "text":
        return Row(raw["id"], kind, [], [], text=raw["text"])
    messages = raw["messages"] if "messages" in raw else raw.get("prompt", []) + raw.get("completion", [])
    return Row(raw["id"], kind, messages, tools, label=raw.get("label"), media=media, proof=proof)
