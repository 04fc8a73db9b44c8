"""Known layouts of logs, traces and training sets: each turns a record into the fields that every row has.

A layout is a decorated function in a file of its own, with a record that it reads and one that it leaves. It gets the
record and gives another with `messages`, `prompt`, `tools` and the like, several where one record is several rows, or
None; it raises Unreadable where it knows the record and sees that nothing can be made of it. What it does not use
stays. JSON that stands as text is read with `load`, the reader's own, so that no number is rounded and no key lost in
silence.
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
Read = Callable[[Record, Load], Record | list[Record] | None]


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


def unfolded(record: Record, load: Load) -> tuple[list[Record], list[str]]:
    """The record in plain fields, or several where it holds several rows, the first of them first; and the names of the
    layouts that it was in: a log may hold another layout.

    load: JSON, as `Reading.load`; raises ValueError for what is none. Raises Unreadable as a layout does.
    """
    names: list[str] = []
    records = [record]
    for known in layouts():
        found = [known.read(one, load) for one in records]
        if any(one is not None for one in found):
            names.append(known.name)
            records = [
                inner
                for old, new in zip(records, found, strict=True)
                for inner in (new if isinstance(new, list) else [old if new is None else new])
            ]
    return records, names
