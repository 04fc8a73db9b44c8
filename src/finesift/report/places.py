"""Text from data and names of files before a person: nothing obeyed, names whole, common fronts cut."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_LONGEST_PATH, _SHORTEST_PATH = 36, 24


def shown(text: str) -> str:
    """Text with control characters spelled out: no escape sequence in data may reach the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)


def shortened(path: str, most: int = _LONGEST_PATH) -> str:
    """A path with its end whole: the name of the file tells files apart, the folders before it seldom do."""
    if cell_len(path) <= most:
        return path
    while path and cell_len(path) >= most:
        path = path[1:]
    return f"…{path}"


class Place:
    """A path in a table, shortened from the left to what there is room for."""

    def __init__(self, path: str) -> None:
        self.path = shown(path)

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        room = min(cell_len(self.path), _LONGEST_PATH, options.max_width)
        return Measurement(min(room, _SHORTEST_PATH), room)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(shortened(self.path, options.max_width))


class Indented:
    """A sentence below another: every line of it begins as far to the right as the first."""

    def __init__(self, text: str, indent: int) -> None:
        self.text, self.indent = text, " " * indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.no_wrap:  # in a pipe, lines are as long as they are
            yield Text(self.indent + self.text)
            return
        room = max(_SHORTEST_PATH, options.max_width - len(self.indent))
        for line in Text(self.text).wrap(console, room):
            line.rstrip()
            yield Text(self.indent + line.plain)


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Paths without the folder that all of them lie in; as they are where there is no such folder."""
    unique = list(dict.fromkeys(paths))
    parents = [str(Path(path).parent) for path in unique]
    if (
        not unique
        or any("://" in path for path in unique)
        or len({Path(p).is_absolute() for p in unique}) > 1
    ):
        return {path: shown(path) for path in unique}
    base = os.path.commonpath(parents)
    return {path: shown(Path(path).relative_to(base).as_posix()) for path in unique}


def place(where: str, short: Mapping[str, str]) -> str:
    """A place, FILE:ROW, with the file under its short name."""
    source, _, row = where.rpartition(":")
    return f"{short.get(source, shown(source))}:{row}"
