"""A server that speaks OpenAI's protocol: asked patiently, for vectors, for a word of judgement, for new rows.

Its key is read from the environment and goes nowhere but into requests.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from finesift.errors import ModelError

T = TypeVar("T")
#: Tries of one request, and seconds that a wait between two may take.
TRIES, LONGEST = 6, 60.0
#: Seconds for one answer.
PATIENCE = 120.0
#: Characters of what a server says about a refusal.
SAID = 300
_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)


class Unpaid(ModelError):
    """A request that a server refused, or that no server took: nothing was made, so it may be asked again."""


class Server:
    """One server. key: the variable that holds its key, if it asks for one. model: as it is named to the server.

    Raises ModelError where there is no such address, or nothing to ask with.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str,
        tries: int = TRIES,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            import httpx
        except ImportError as e:
            raise ModelError(
                "asking a server needs httpx.", hint="Install it:  pip install 'finesift[generate]'"
            ) from e
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelError(
                f"{url} is no address of a server.", hint="For example:  http://localhost:8000/v1"
            )
        self.model, self.host, self.url = model, parts.hostname, url.rstrip("/")
        self._key, self._tries, self._sleep = key, tries, sleep
        headers = {"Authorization": f"Bearer {known}"} if (known := os.environ.get(key)) else {}
        self._http = httpx.Client(timeout=patience, headers=headers)
        self._error: type[Exception] = httpx.HTTPError
        self._unreached: tuple[type[Exception], ...] = (httpx.ConnectError, httpx.ConnectTimeout)

    def post(
        self,
        path: str,
        body: dict[str, Any],
        read: Callable[[Any], T],
        *,
        what: str,
        amend: Callable[[int, dict[str, Any]], str | None] = lambda _status, _body: None,
    ) -> T:
        """What `read` makes of the answer to POST `path`; where it can make nothing of it, it is asked again.

        Busy servers, failures of theirs and silence are tried again, with growing random waits. what: of which the
        error says that there was none. amend: may change the body after a refusal, and says why; it is then sent again
        at once. Raises ModelError, or Unpaid where nothing can have been made.
        """
        body = {"model": self.model, **body}
        chance = random.Random(repr(body))  # noqa: S311  spreads waits, keeps nothing secret
        why: object = "nothing was tried"
        wait, paid = 0.0, False
        for attempt in range(self._tries):
            if attempt:
                self._sleep(wait)
            wait = min(LONGEST, 2.0**attempt) * (0.5 + chance.random() / 2)
            try:
                answer = self._http.post(f"{self.url}/{path}", json=body)
            except self._error as e:
                why = f"{type(e).__name__} ({e})" if str(e) else type(e).__name__
                # A server that was not reached has made nothing; one that fell silent may have.
                paid = paid or not isinstance(e, self._unreached)
                continue
            if answer.status_code in _AGAIN:
                why = f"status {answer.status_code}{self._said(answer)}"
                wait = max(wait, _seconds(answer.headers.get("Retry-After")))
                continue
            if answer.status_code >= 300:
                if amended := amend(answer.status_code, body):
                    why, wait = amended, 0.0
                    continue
                raise Unpaid(
                    f"{self.host} refused {self.model}: status {answer.status_code}{self._said(answer)}.",
                    hint=self._hint(answer.status_code, path),
                )
            paid = True
            if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise ModelError(
                    f"{self.host} streams its answer, though it was asked not to.",
                    hint="Turn streaming off at the server, or ask the server behind it.",
                )
            try:
                return read(answer.json())
            except (ValueError, KeyError, TypeError, IndexError, AttributeError):
                why = f"an answer that is none{self._said(answer)}"
        raise (ModelError if paid else Unpaid)(
            f"{self.host} gave no {what} in {self._tries} tries: {why}.",
            hint=f"Is a server up at {self.url}/{path}? Run again to go on.",
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
        if key := os.environ.get(self._key):
            said = said.replace(key, "…")
        return f": {said[:SAID].rstrip('.')}" if said else ""

    def _hint(self, status: int, path: str) -> str:
        if status in (401, 403):
            there = "is refused" if os.environ.get(self._key) else "is not set"
            return f"The key is read from {self._key}, which {there}."
        if status in (301, 302, 303, 307, 308):
            return f"{self.url} is somewhere else now: give its new address."
        if status in (404, 405):
            end = f"does the address end as it should (often /v1), and is {self.model} one of its models?"
            return f"Asked was {self.url}/{path}: {end}"
        return "Does the model take these settings?"


def _seconds(given: str | None) -> float:
    try:
        return min(LONGEST, max(0.0, float(given or 0)))
    except ValueError:
        return 0.0
