"""A chat model behind OpenAI's protocol, asked for rows: see `finesift.embed.server` for how patiently.

The key is read from FINESIFT_GENERATE_KEY and goes nowhere but into the request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from finesift.embed.server import PATIENCE, TRIES, Server, Unpaid

__all__ = ["KEY", "PATIENCE", "TRIES", "Answer", "Chat", "Unpaid"]

KEY = "FINESIFT_GENERATE_KEY"
#: Characters of a token, where a server counts none.
CHARACTERS = 3


@dataclass(frozen=True)
class Answer:
    """text: what the model said; None: nothing. tokens as the server counted them; where it does not say, one for three
    characters, so that a budget holds."""

    text: str | None
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str | None


class Chat:
    """One model on one server. Raises ModelError where it cannot be asked at all: wrong name, no access, no server."""

    def __init__(
        self, url: str, model: str, *, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._server = Server(url, model, key=KEY, patience=patience, sleep=sleep)
        self.model, self.host = model, self._server.host
        #: Whether the server takes `response_format`, as far as is known: it does until it refuses one.
        self.structured = True
        #: Whether the server counts tokens.
        self.counted = True

    def ask(self, messages: list[dict[str, str]], **parameters: Any) -> Answer:
        """One answer."""
        body = {"messages": messages, "stream": False, **parameters}
        if not self.structured:
            body.pop("response_format", None)
        read = partial(self._read, asked=sum(len(one["content"]) for one in messages))
        return self._server.post("chat/completions", body, read, what="answer", amend=self._plainer)

    def _plainer(self, status: int, body: dict[str, Any]) -> str | None:
        """Not every server takes a schema: the prompt says in words what is wanted."""
        if status in (400, 422) and body.pop("response_format", None):
            self.structured = False
            return "a server that takes no schema"
        return None

    def _read(self, said: Any, asked: int) -> Answer:
        """asked: characters of what was asked."""
        choice, usage = said["choices"][0], said.get("usage") or {}
        text = choice["message"].get("content")
        if isinstance(text, list):  # parts, as some servers have it
            text = "".join(str(part.get("text") or "") for part in text)
        if text is not None and not isinstance(text, str):
            raise TypeError("a content that is no text")
        counts = int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
        if not any(counts):
            self.counted = False
            counts = asked // CHARACTERS + 1, len(text or "") // CHARACTERS + 1
        return Answer(
            # Half a character can be paid for, but not written down.
            None if text is None else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
            *counts,
            choice.get("finish_reason"),
        )

    def close(self) -> None:
        self._server.close()
