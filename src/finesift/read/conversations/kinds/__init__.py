"""Kinds of rows, told by the fields that they have: each turns a row into an example.

A kind is a decorated function in one of these files, with a row that it reads and one that it leaves. It gets the
row, takes the fields that it uses, and gives the example, several where a row holds several, or None where the row is
of another kind. The first that reads a row has it, in the order of `kinds()`. Layouts, which put logs and traces into
plain fields, come before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from finesift.read.conversations.example import Example, Row

Read = Callable[[Row], Example | list[Example] | None]
ReadAs = TypeVar("ReadAs", bound=Read)

# Trees and pairs hold what other kinds would take for theirs; a rated answer is one of those behind it.
_FILES = ("trees", "pairs", "ratings", "chats", "instructions", "texts")


@dataclass(frozen=True)
class Kind:
    """name: as a person calls it. reads, leaves: a row of each kind."""

    name: str
    read: Read
    reads: dict[str, Any]
    leaves: dict[str, Any]

    @property
    def what(self) -> str:
        """How it is recognised and what becomes of its fields."""
        return " ".join((self.read.__doc__ or "").split())


_declared: dict[str, Kind] = {}


def kind(name: str, *, reads: dict[str, Any], leaves: dict[str, Any]) -> Callable[[ReadAs], ReadAs]:
    """Declares a kind."""

    def declare(read: ReadAs) -> ReadAs:
        _declared[name] = Kind(name, read, reads, leaves)
        return read

    return declare


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order in which they are asked."""
    for file in _FILES:
        import_module(f"{__name__}.{file}")
    return tuple(
        sorted(_declared.values(), key=lambda one: _FILES.index(one.read.__module__.rpartition(".")[2]))
    )
