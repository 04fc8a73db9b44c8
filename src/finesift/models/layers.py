"""One hidden layer, as numpy reads it: what the packaged classifiers are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Layers:
    """Networks of one hidden layer whose outputs are added: softmax of the sum over `labels`."""

    labels: tuple[str, ...]
    inner: Numbers  # [networks, inputs, hidden]
    inner_bias: Numbers  # [networks, hidden]
    outer: Numbers  # [networks, hidden, labels]
    outer_bias: Numbers  # [networks, labels]

    @classmethod
    def load(cls, path: Path) -> Layers:
        with np.load(path, allow_pickle=False) as stored:
            numbers = [
                stored[name].astype(np.float32) for name in ("inner", "inner_bias", "outer", "outer_bias")
            ]
            return cls(tuple(str(label) for label in stored["labels"]), *numbers)

    def save(self, path: Path) -> None:
        np.savez(
            path,
            labels=np.array(self.labels),
            inner=self.inner.astype(np.float16),
            inner_bias=self.inner_bias.astype(np.float16),
            outer=self.outer.astype(np.float16),
            outer_bias=self.outer_bias.astype(np.float16),
        )

    def __call__(self, inputs: Numbers) -> Numbers:
        """float32 [N, labels]: the probability of each label; rows add up to 1."""
        hidden = np.maximum(np.einsum("ni,kih->knh", inputs, self.inner) + self.inner_bias[:, None], 0)
        logits = np.einsum("knh,khl->knl", hidden, self.outer) + self.outer_bias[:, None]
        mean: Numbers = logits.mean(axis=0)
        powers = np.exp(mean - mean.max(axis=1, keepdims=True))
        shares: Numbers = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares
