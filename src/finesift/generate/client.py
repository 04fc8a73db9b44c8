"""A chat model behind OpenAI's protocol: asked patiently, paid once.

The key is read from FINESIFT_GENERATE_KEY and goes nowhere but into the request.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from finesift.errors import ModelError

KEY = "FINESIFT_GENERATE_KEY"
#: Tries of one request, and seconds that a wait between two may take.
TRIES, LONGEST = 6, 60.0
#: Seconds for one answer.
PATIENCE = 120.0
_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)


@dataclass(frozen=True)
class Answer:
    """text: what the model said; None: nothing. tokens as the server counted them, 0 where it does not say."""

    text: str | None
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str | None


class Chat:
    """One model on one server. Raises ModelError where it cannot be asked at all: wrong name, no access, no server."""

    def __init__(
        self, url: str, model: str, *, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        try:
            import httpx
        except ImportError as e:
            raise ModelError(
                "generation needs httpx.", hint="Install it:  pip install 'finesift[generate]'"
            ) from e
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelError(
                f"{url} is no address of a server.", hint="For example:  http://localhost:8000/v1"
            )
        self.model, self.host = model, parts.hostname
        #: Whether the server takes `response_format`, as far as is known: it does until it refuses one.
        self.structured = True
        self._url, self._sleep = f"{url.rstrip('/')}/chat/completions", sleep
        headers = {"Authorization": f"Bearer {key}"} if (key := os.environ.get(KEY)) else {}
        self._http = httpx.Client(timeout=patience, headers=headers)
        self._error: type[Exception] = httpx.HTTPError

    def ask(self, messages: list[dict[str, str]], **parameters: Any) -> Answer:
        """One answer. Busy servers, failures of theirs and silence are tried again, with growing random waits."""
        body = {"model": self.model, "messages": messages, **parameters}
        if not self.structured:
            body.pop("response_format", None)
        chance = random.Random(repr(messages))  # noqa: S311  spreads waits, keeps nothing secret
        why: object = "nothing was tried"
        wait = 0.0
        for attempt in range(TRIES):
            if attempt:
                self._sleep(wait)
            wait = min(LONGEST, 2.0**attempt) * (0.5 + chance.random() / 2)
            try:
                answer = self._http.post(self._url, json=body)
            except self._error as e:
                why = type(e).__name__
                continue
            if answer.status_code in _AGAIN:
                why = f"status {answer.status_code}"
                wait = max(wait, _seconds(answer.headers.get("Retry-After")))
                continue
            if answer.status_code in (400, 422) and body.pop("response_format", None):
                # Not every server takes a schema: the prompt says in words what is wanted.
                self.structured = False
                why = "a server that takes no schema"
                wait = 0.0
                continue
            if answer.status_code >= 400:
                raise ModelError(
                    f"{self.host} refused {self.model}: status {answer.status_code}.",
                    hint=f"Is the model's name right, and the key in {KEY}?",
                )
            try:
                return _read(answer.json())
            except (ValueError, KeyError, TypeError, IndexError) as e:
                why = f"an answer that is none ({type(e).__name__})"
        raise ModelError(
            f"{self.host} gave no answer in {TRIES} tries: {why}.",
            hint="Is the server up? Run again to go on.",
        )


def _read(said: Any) -> Answer:
    choice = said["choices"][0]
    usage = said.get("usage") or {}
    text = choice["message"].get("content")
    if isinstance(text, list):  # parts, as some servers have it
        text = "".join(str(part.get("text") or "") for part in text)
    if text is not None and not isinstance(text, str):
        raise TypeError("a content that is no text")
    return Answer(
        # Half a character can be paid for, but not written down.
        None if text is None else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        int(usage.get("prompt_tokens") or 0),
        int(usage.get("completion_tokens") or 0),
        choice.get("finish_reason"),
    )


def _seconds(given: str | None) -> float:
    try:
        return min(LONGEST, max(0.0, float(given or 0)))
    except ValueError:
        return 0.0
