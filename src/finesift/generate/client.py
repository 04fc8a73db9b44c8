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
#: Characters of what a server says about a refusal; of a token, where it counts none.
SAID, CHARACTERS = 300, 3
_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)


@dataclass(frozen=True)
class Answer:
    """text: what the model said; None: nothing. tokens as the server counted them; where it does not say, one for three
    characters, so that a budget holds."""

    text: str | None
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str | None


class Unpaid(ModelError):
    """A request that a server refused, or that no server took: nothing was made, so it may be asked again."""


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
        #: Whether the server counts tokens.
        self.counted = True
        self._url, self._sleep = f"{url.rstrip('/')}/chat/completions", sleep
        headers = {"Authorization": f"Bearer {key}"} if (key := os.environ.get(KEY)) else {}
        self._http = httpx.Client(timeout=patience, headers=headers)
        self._error: type[Exception] = httpx.HTTPError
        self._unreached: tuple[type[Exception], ...] = (httpx.ConnectError, httpx.ConnectTimeout)

    def ask(self, messages: list[dict[str, str]], **parameters: Any) -> Answer:
        """One answer. Busy servers, failures of theirs and silence are tried again, with growing random waits."""
        body = {"model": self.model, "messages": messages, "stream": False, **parameters}
        if not self.structured:
            body.pop("response_format", None)
        chance = random.Random(repr(messages))  # noqa: S311  spreads waits, keeps nothing secret
        why: object = "nothing was tried"
        wait, paid = 0.0, False
        for attempt in range(TRIES):
            if attempt:
                self._sleep(wait)
            wait = min(LONGEST, 2.0**attempt) * (0.5 + chance.random() / 2)
            try:
                answer = self._http.post(self._url, json=body)
            except self._error as e:
                why = f"{type(e).__name__} ({e})" if str(e) else type(e).__name__
                # A server that was not reached has made nothing; one that fell silent may have.
                paid = paid or not isinstance(e, self._unreached)
                continue
            if answer.status_code in _AGAIN:
                why = f"status {answer.status_code}{self._said(answer)}"
                wait = max(wait, _seconds(answer.headers.get("Retry-After")))
                continue
            if answer.status_code in (400, 422) and body.pop("response_format", None):
                # Not every server takes a schema: the prompt says in words what is wanted.
                self.structured = False
                why = "a server that takes no schema"
                wait = 0.0
                continue
            if answer.status_code >= 300:
                raise Unpaid(
                    f"{self.host} refused {self.model}: status {answer.status_code}{self._said(answer)}.",
                    hint=self._hint(answer.status_code),
                )
            paid = True
            if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise ModelError(
                    f"{self.host} streams its answer, though it was asked not to.",
                    hint="Turn streaming off at the server, or ask the server behind it.",
                )
            try:
                return self._read(answer.json(), sum(len(one["content"]) for one in messages))
            except (ValueError, KeyError, TypeError, IndexError, AttributeError):
                why = f"an answer that is no chat completion{self._said(answer)}"
        raise (ModelError if paid else Unpaid)(
            f"{self.host} gave no answer in {TRIES} tries: {why}.",
            hint=f"Is a server up at {self._url}? Run again to go on.",
        )

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
        self._http.close()

    def _said(self, answer: Any) -> str:
        """What the server said about it, behind a colon; without the key, and on one line."""
        try:
            told = answer.json()
            told = told.get("error", told) if isinstance(told, dict) else told
            text = told.get("message", told) if isinstance(told, dict) else told
        except ValueError:
            text = answer.text
        said = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
        if key := os.environ.get(KEY):
            said = said.replace(key, "…")
        return f": {said[:SAID].rstrip('.')}" if said else ""

    def _hint(self, status: int) -> str:
        if status in (401, 403):
            there = "is refused" if os.environ.get(KEY) else "is not set"
            return f"The key is read from {KEY}, which {there}."
        if status in (301, 302, 303, 307, 308):
            return f"{self._url} is somewhere else now: give its new address with --endpoint."
        if status in (404, 405):
            return f"Asked was {self._url}: does --endpoint end as it should (often /v1), and is --model one of its?"
        return "Does the model take these settings? See `finesift generate --help`."


def _seconds(given: str | None) -> float:
    try:
        return min(LONGEST, max(0.0, float(given or 0)))
    except ValueError:
        return 0.0
