"""Vectors from a server that speaks OpenAI's protocol."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finesift.embed.encoder import Vectors
from finesift.embed.endpoint import Endpoint


class EndpointEncoder:
    """An endpoint with POST /embeddings as OpenAI's has it."""

    BATCH = 64

    def __init__(self, named: str) -> None:
        self._endpoint = Endpoint(named)
        self.name = self._endpoint.model

    def encode(self, texts: Sequence[str]) -> Vectors:
        parts = [self._ask(texts[at : at + self.BATCH]) for at in range(0, len(texts), self.BATCH)]
        vectors = np.concatenate(parts) if parts else np.empty((0, 0), np.float32)
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit

    def _ask(self, texts: Sequence[str]) -> Vectors:
        answer = self._endpoint.ask("embeddings", {"input": list(texts)})
        try:
            ordered = sorted(answer["data"], key=lambda one: one["index"])
            found = np.array([one["embedding"] for one in ordered], np.float32)
        except (KeyError, TypeError, ValueError) as e:
            raise self._endpoint.useless("embeddings", e) from e
        if found.shape[:1] != (len(texts),) or found.ndim != 2:
            raise self._endpoint.useless("embeddings", f"{len(found)} came for {len(texts)} texts")
        return found
