"""Where a run's review is served: a token and a port that outlive the server, so that open tabs find it again.

Kept for the user alone, beside other things that Finesift keeps (FINESIFT_CACHE, by default ~/.cache/finesift); where
nothing may be kept, each start has a new address.
"""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path

import orjson

from finesift.keeping import folder as cache_folder


def address(run: Path, person: str) -> tuple[str, int]:
    """The token, and the port of the last time; 0: any."""
    file = _file(run, person)
    try:
        known = orjson.loads(file.read_bytes()) if file else {}
        token, port = known["token"], known["port"]
        if isinstance(token, str) and len(token) >= 32 and isinstance(port, int) and 0 <= port < 65536:
            return token, port
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        pass
    return secrets.token_urlsafe(24), 0


def remember(run: Path, person: str, token: str, port: int) -> None:
    """For the next start. The file is readable to its owner only."""
    file = _file(run, person)
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_suffix(".partial")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(orjson.dumps({"token": token, "port": port}))
    part.replace(file)


def _file(run: Path, person: str) -> Path | None:
    folder = cache_folder()
    name = sha256(f"{run.resolve()}\x1f{person}".encode()).hexdigest()[:32]
    return None if folder is None else folder / "review" / f"{name}.json"
