"""What a trainer will see of messages that it renders by the template which an export brings: is it what was proved?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from finesift.chat.patch import as_transformers
from finesift.chat.template import Template
from finesift.chat.tokenizer import Tokenizer
from finesift.chat.trace import Tracer
from finesift.errors import RenderError
from finesift.export.adapters import proved
from finesift.export.rows import Proof, Record, Source

#: The template is the model's own, with `{% generation %}` around what is trained.
TEMPLATE = "chat_template.jinja"
OTHER_TOKENS = "its messages would become other tokens"
OTHER_LABELS = "others of its tokens would be trained"

Seen = Callable[[Record], tuple[list[Record], list[Any] | None]]


class Rendering(Protocol):
    """What becomes of the records of one run."""

    def differs(self, record: Record, proofs: Sequence[Proof]) -> str | None:
        """Why the record would be trained otherwise than proved, or None."""
        ...


class Rendered(Protocol):
    """A way in which trainers render messages and find what they train."""

    def by(self, source: Source) -> Rendering | None:
        """With a run's tokenizer and template; None where the run has none. Raises ModelError where the template cannot
        say what is trained."""
        ...


def as_they_are(record: Record) -> tuple[list[Record], list[Any] | None]:
    """The messages and tools of a record that transformers is given."""
    return record["messages"], record.get("tools")


@dataclass(frozen=True)
class Marked:
    """Trained is what the template marks. seen: the messages and tools of a record, as the trainer hands them to it."""

    seen: Seen

    def by(self, source: Source) -> Rendering | None:
        marked = source.marked
        if source.tokenizer is None or marked is None:
            return None
        return _ByMarks(source.tokenizer, marked, self.seen)


@dataclass(frozen=True)
class Completed:
    """Trained is all behind the prompt, as DPOTrainer and KTOTrainer of TRL 1.16 have it: behind the tokens with which
    the prompt alone, the answer asked for, and the whole begin alike."""

    def by(self, source: Source) -> Rendering | None:
        if source.tokenizer is None:
            return None
        return _ByPrompts(source.tokenizer, ending_with_the_answer(source))


def ending_with_the_answer(source: Source) -> str:
    """The run's template without the white space that it writes behind the last message, which would be trained."""
    assert source.tokenizer is not None
    return source.settled(
        "{%- set conversation -%}" + source.tokenizer.template.source + "{%- endset -%}"
        "{{- conversation if add_generation_prompt else conversation.rstrip() -}}"
    )


@dataclass(frozen=True)
class _ByMarks:
    """Messages as transformers renders and marks them. marked: the source of the template, with the keyword."""

    tokenizer: Tokenizer
    marked: str
    seen: Seen

    @cached_property
    def _template(self) -> Template:
        return Template(self.marked, tokens=self.tokenizer.tokens, name=TEMPLATE)

    @cached_property
    def _tracer(self) -> Tracer:
        return Tracer(self._template)

    def differs(self, record: Record, proofs: Sequence[Proof]) -> str | None:
        (proof,) = proofs
        messages, tools = self.seen(record)
        try:
            # The tracer finds reasoning under other names too, which a trainer does not.
            text = self._template.run(self._template.program, messages, tools, False, {})
            trace = self._tracer.trace(messages, tools)
        except RenderError as e:
            return f"the template refuses its messages: {e}"
        encoding = self.tokenizer.backend.encode(trace.text, add_special_tokens=False)
        if text != trace.text or not np.array_equal(encoding.ids, proof.ids):
            return OTHER_TOKENS
        if not trace.generation:
            return "what of it the template marks cannot be seen: it holds characters for private use"
        try:
            marked = as_transformers(encoding, trace.generation).tolist()
            labels = proved.labels(encoding.ids, marked, record["messages"])
        except ValueError as e:
            return str(e)
        return None if np.array_equal(labels, proof.labels) else OTHER_LABELS


@dataclass(frozen=True)
class _ByPrompts:
    """Pairs and rated answers, rendered with and without what is compared. ending: the source of the template."""

    tokenizer: Tokenizer
    ending: str

    @cached_property
    def _template(self) -> Template:
        return Template(self.ending, tokens=self.tokenizer.tokens, name=TEMPLATE)

    def differs(self, record: Record, proofs: Sequence[Proof]) -> str | None:
        prompt, tools = record["prompt"], record.get("tools")
        sides = [record[name] for name in ("chosen", "rejected", "completion") if name in record]
        try:
            asked = self._ids(prompt, tools, True)
            whole = [self._ids(prompt + side, tools, False) for side in sides]
        except RenderError as e:
            return f"the template refuses its messages: {e}"
        # Of a pair both sides begin where the first of them does.
        start = min(_common(asked, ids) for ids in whole)
        for ids, proof in zip(whole, proofs, strict=True):
            # What the template writes behind the answer is not trained, and does not stand here.
            if len(ids) > len(proof.ids) or not np.array_equal(ids, proof.ids[: len(ids)]):
                return OTHER_TOKENS
            trained = np.zeros(len(proof.ids), np.bool_)
            trained[start : len(ids)] = True
            if not np.array_equal(trained, proof.labels >= 0):
                return OTHER_LABELS
        return None

    def _ids(self, messages: list[Record], tools: list[Any] | None, ask: bool) -> NDArray[np.int32]:
        text = self._template.run(self._template.program, messages, tools, ask, {})
        return np.asarray(self.tokenizer.backend.encode(text, add_special_tokens=False).ids, np.int32)


def _common(one: NDArray[np.int32], other: NDArray[np.int32]) -> int:
    """How many tokens both begin with."""
    size = min(len(one), len(other))
    unlike = np.flatnonzero(one[:size] != other[:size])
    return int(unlike[0]) if len(unlike) else size
