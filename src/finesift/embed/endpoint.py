"""What a recipe names a server by: http://HOST/v1#MODEL, with the key in FINESIFT_EMBED_KEY if it asks for one."""

from __future__ import annotations

from typing import Any

from finesift.embed.server import Server
from finesift.errors import ModelError

KEY = "FINESIFT_EMBED_KEY"
#: Many small requests stand behind one another: a server that is not there is told of within seconds.
TRIES = 3


class Endpoint:
    """One model on one server. Nothing but what is asked goes there."""

    def __init__(self, named: str) -> None:
        self._url, _, self.model = named.partition("#")
        if not self.model:
            raise ModelError(
                f"{named} names no model.", hint="Put it behind a #:  http://localhost:8000/v1#MODEL"
            )
        self._server = Server(self._url, self.model, key=KEY, tries=TRIES)

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to POST `path`. Raises ModelError where there is none, or none in JSON."""
        return self._server.post(path, body, _object, what=path.split("/")[-1])

    def useless(self, path: str, why: object) -> ModelError:
        """The error for an answer that cannot be used."""
        return ModelError(
            f"{self._url} gave no {path.split('/')[-1]}: {why}.",
            hint="Is the endpoint up, and is the model's name right?",
        )


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise TypeError("what came is no JSON object")
    return found
