"""What a trainer will see of messages that it renders by the template which an export brings: is it what was proved?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from finesift.chat.patch import as_transformers
from finesift.chat.template import Template
from finesift.chat.tokenizer import Tokenizer
from finesift.chat.trace import Tracer
from finesift.errors import RenderError
from finesift.export.adapters import proved
from finesift.export.rows import Proof, Record

#: The template is the model's own, with `{% generation %}` around what is trained.
TEMPLATE = "chat_template.jinja"

Seen = Callable[[Record], tuple[list[Record], list[Any] | None]]


def as_they_are(record: Record) -> tuple[list[Record], list[Any] | None]:
    """The messages and tools of a record that transformers is given."""
    return record["messages"], record.get("tools")


@dataclass(frozen=True)
class Rendering:
    """Messages as transformers renders and marks them.

    marked: the source of the template, with the keyword. seen: the messages and tools of a record, as the trainer hands
    them to the template.
    """

    tokenizer: Tokenizer
    marked: str
    seen: Seen

    @cached_property
    def _template(self) -> Template:
        return Template(self.marked, tokens=self.tokenizer.tokens, name=TEMPLATE)

    @cached_property
    def _tracer(self) -> Tracer:
        return Tracer(self._template)

    def differs(self, record: Record, proof: Proof) -> str | None:
        """Why the row would be trained otherwise than proved, or None."""
        messages, tools = self.seen(record)
        try:
            # The tracer finds reasoning under other names too, which a trainer does not.
            text = self._template.run(self._template.program, messages, tools, False, {})
            trace = self._tracer.trace(messages, tools)
        except RenderError as e:
            return f"the template refuses its messages: {e}"
        encoding = self.tokenizer.backend.encode(trace.text, add_special_tokens=False)
        if text != trace.text or not np.array_equal(encoding.ids, proof.ids):
            return "its messages would become other tokens"
        if not trace.generation:
            return "what of it the template marks cannot be seen: it holds characters for private use"
        try:
            marked = as_transformers(encoding, trace.generation).tolist()
            labels = proved.labels(encoding.ids, marked, record["messages"])
        except ValueError as e:
            return str(e)
        return None if np.array_equal(labels, proof.labels) else "others of its tokens would be trained"
