"""Embeddings kept between runs, by what was embedded and with what: the slowest work of a run need be done only once.

In FINESIFT_CACHE, by default ~/.cache/finesift; empty: nothing is kept. Texts are not in it, only their hashes, and the
file is the user's alone.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np
import xxhash

from finesift.embed.encoder import Encoder, Vectors
from finesift.keeping import folder

#: So many are kept, the newest: 150 MB at 384 numbers each.
MOST = 100_000
#: Keys asked for together; SQLite takes no more than 999 everywhere.
STEP = 500

_TABLE = "create table if not exists vectors (key blob primary key, vector blob not null)"


class Kept:
    """An encoder that asks another only for what it has not had before. model: what tells that one from all others."""

    def __init__(self, encoder: Encoder, model: str) -> None:
        self.name = encoder.name
        self._encoder = encoder
        self._model = model

    def encode(self, texts: Sequence[str]) -> Vectors:
        keys = [
            xxhash.xxh3_128_digest(f"{self._model}\0{text}".encode("utf-8", "surrogatepass"))
            for text in texts
        ]
        known = self._known(keys)
        fresh = [n for n, key in enumerate(keys) if key not in known]
        if fresh:
            vectors = self._encoder.encode([texts[n] for n in fresh])
            known |= {keys[n]: vector for n, vector in zip(fresh, vectors, strict=True)}
            self._keep({keys[n]: known[keys[n]] for n in fresh})
        return np.stack([known[key] for key in keys]) if keys else np.empty((0, 0), np.float32)

    def _known(self, keys: list[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        with _opened() as file:
            if not file:
                return found
            for at in range(0, len(keys), STEP):
                some = keys[at : at + STEP]
                asked = f"select key, vector from vectors where key in ({','.join('?' * len(some))})"  # noqa: S608
                found |= {key: np.frombuffer(vector, np.float32) for key, vector in file.execute(asked, some)}
        return found

    def _keep(self, vectors: dict[bytes, Vectors]) -> None:
        with _opened() as file:
            if file:
                rows = [(key, vector.astype(np.float32).tobytes()) for key, vector in vectors.items()]
                file.executemany("insert or replace into vectors values (?, ?)", rows)
                file.execute(
                    "delete from vectors where rowid <= (select max(rowid) from vectors) - ?", [MOST]
                )
                file.commit()


@contextlib.contextmanager
def _opened() -> Iterator[sqlite3.Connection | None]:
    """The file; None where there is none to be had. What fails here costs time, and nothing else."""
    place = folder()
    if place is None:
        yield None
        return
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = sqlite3.connect(place / "vectors.sqlite", timeout=5)
        (place / "vectors.sqlite").chmod(0o600)
        file.execute(_TABLE)
    except (OSError, sqlite3.Error):
        yield None
        return
    with contextlib.closing(file), contextlib.suppress(sqlite3.Error):
        yield file
