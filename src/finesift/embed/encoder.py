"""What turns texts into vectors, as all who use one see it; imports nothing of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

#: float32 [N, D], each row of length 1.
Vectors = NDArray[np.float32]
Embed = Callable[[list[str]], Vectors]


class Encoder(Protocol):
    """Turns texts into vectors whose inner product says how near they are in meaning."""

    @property
    def name(self) -> str:
        """Names the model in reports, and its vectors where they are kept."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 [N, D], each row of length 1."""
