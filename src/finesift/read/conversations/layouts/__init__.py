"""Known layouts of logs, traces and training sets: each turns a record into the fields that every row has.

A layout is a decorated function in a file of its own, with a record that it reads and one that it leaves. It gets the
record and gives another with `messages`, `prompt`, `tools` and the like, or None. What it does not use stays. JSON that
stands as text is read with `load`, the reader's own, so that no number is rounded and no key lost in silence.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

Record = dict[str, Any]
Load = Callable[[str], Any]
Read = Callable[[Record, Load], Record | None]


@dataclass(frozen=True)
class Layout:
    """name: as a person calls it. reads, leaves: a record of each kind."""

    name: str
    read: Read
    reads: Record
    leaves: Record

    @property
    def what(self) -> str:
        """How it is recognised and what is kept where."""
        return " ".join((self.read.__doc__ or "").split())


_declared: dict[str, Layout] = {}


def layout(name: str, *, reads: Record, leaves: Record) -> Callable[[Read], Read]:
    """Declares a layout."""

    def declare(read: Read) -> Read:
        _declared[name] = Layout(name, read, reads, leaves)
        return read

    return declare


@cache
def layouts() -> tuple[Layout, ...]:
    """All layouts, by the name of their file."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return tuple(_declared.values())


def unfolded(record: Record, load: Load) -> tuple[Record, list[str]]:
    """The record in plain fields, and the names of the layouts that it was in: a log may hold another layout.

    load: JSON, as `Reading.load`; raises ValueError for what is none.
    """
    names: list[str] = []
    for known in layouts():
        found = known.read(record, load)
        if found is not None:
            record = found
            names.append(known.name)
    return record, names
