"""How much to choose."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finesift.errors import UsageError

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Budget:
    """How much to choose: a number of rows, or of tokens."""

    rows: int | None = None
    tokens: int | None = None

    def cut(self, order: Numbers, tokens: Numbers) -> Numbers:
        """The beginning of an order that fits."""
        if self.tokens is None:
            return order[: self.rows]
        return order[np.cumsum(tokens[order]) <= self.tokens]

    def most(self, tokens: Numbers) -> int:
        """Rows that an order needs to have, so that cutting it leaves no room."""
        if self.tokens is None:
            return self.rows or 0
        return min(len(tokens), int(np.searchsorted(np.cumsum(np.sort(tokens)), self.tokens, "right")))


def budget(rows: int | None, tokens: str | None) -> Budget:
    """As a user says it: a number of rows, or of tokens as 500k or 2M. Raises UsageError unless it is one of them."""
    if (rows is None) == (tokens is None):
        raise UsageError("say how many rows or how many tokens to choose.", hint="-n 1000, or --tokens 500k")
    if tokens is None:
        return Budget(rows=rows)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", tokens)
    if not found or not (
        number := int(float(found[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[found[2].lower()])
    ):
        raise UsageError(f"--tokens {tokens} is no number of tokens.", hint="For example:  --tokens 500k")
    return Budget(tokens=number)
