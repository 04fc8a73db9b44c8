"""On which line of a TOML file a setting stands: the parser of the standard library does not say."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TABLE = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, place: Sequence[object]) -> int | None:
    """The line, from 1, of the setting at `place`, such as ("split", "seed"), or of what holds it; None: of nothing.

    Exact for settings on lines of their own; of what stands within a value it is the line where the value begins.
    """
    wanted = [str(part) for part in place]
    table: list[str] = []
    best, line = 0, None
    for number, said in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(said):
            here = table = _parts(header[1])
        elif pair := _PAIR.match(said):
            here = table + _parts(pair[1])
        else:
            continue
        if len(here) > best and here == wanted[: len(here)]:
            best, line = len(here), number
    return line


def _parts(said: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(said)]
