"""Servers that speak OpenAI's protocol: http://HOST/v1#MODEL, with the key in FINESIFT_EMBED_KEY if it asks for one."""

from __future__ import annotations

import os
from typing import Any

from finesift.errors import ModelError

#: Seconds for one answer.
PATIENCE = 120


class Endpoint:
    """One model on one server. Nothing but what is asked goes there."""

    def __init__(self, named: str) -> None:
        self._url, _, self.model = named.partition("#")
        if not self.model:
            raise ModelError(
                f"{named} names no model.", hint="Put it behind a #:  http://localhost:8000/v1#MODEL"
            )

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to POST `path`. Raises ModelError where there is none, or none in JSON."""
        import urllib.request

        import orjson

        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("FINESIFT_EMBED_KEY"):
            headers["Authorization"] = f"Bearer {key}"
        content = orjson.dumps({"model": self.model, **body})
        request = urllib.request.Request(f"{self._url.rstrip('/')}/{path}", content, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                found = orjson.loads(answer.read())
        except (OSError, ValueError) as e:
            raise self.useless(path, e) from e
        if not isinstance(found, dict):
            raise self.useless(path, "what came is no JSON object")
        return found

    def useless(self, path: str, why: object) -> ModelError:
        """The error for an answer that cannot be used."""
        return ModelError(
            f"{self._url} gave no {path.split('/')[-1]}: {why}.",
            hint="Is the endpoint up, and is the model's name right?",
        )
