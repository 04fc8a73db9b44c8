"""Something wrong with a rendered conversation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """By name; turn: the message, or none for all of it."""

    name: str
    turn: int | None
    message: str
