"""Chats at the speed of their bytes: a block of lines that are all alike, straight into columns.

The kernel checks all it takes: JSON, UTF-8, keys, roles. A block in which anything differs is not taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from finesift.match.kernels import kernels
from finesift.read.conversations.fast_turns import ArrowArray, Turns
from finesift.read.conversations.unread_fields import may_hide_verdicts
from finesift.read.records.exact_json import keys_in, may_repeat_keys
from finesift.tables import ROLES

# Bytes of the shortest message, {"role":"","content":""}, are more.
_SHORTEST = 16
_MOST_KEYS = 64


class Chats:
    """Lines with the keys `names`, of which `chat` holds messages of `role` and `content`.

    known: our roles by the data's.
    """

    def __init__(
        self, names: Sequence[str], chat: str, role: str, content: str, known: Mapping[str, str]
    ) -> None:
        self.names = list(names)
        self.chat = self.names.index(chat)
        self.rest = [number for number in range(len(self.names)) if number != self.chat]
        self._keys = _texts([*self.names, role, content])
        self._roles = _texts(known)
        self.roles = list(known)
        self.codes = np.array([ROLES.index(ours) for ours in known.values()], np.uint8)
        self.renamed = {number for number, (theirs, ours) in enumerate(known.items()) if theirs != ours}
        self._told = [f'role "{theirs}" read as {ours}' for theirs, ours in known.items()]

    def read(self, data: bytes, ends: NDArray[np.int64]) -> Turns | None:
        """The lines of `data`, which end at `ends`; None where one of them is not plain."""
        if len(self.names) > _MOST_KEYS or not len(data):
            return None
        lines, most = len(ends), len(data) // _SHORTEST
        letters = np.frombuffer(data, np.uint8)
        text, edges = np.empty(len(data) + 8, np.uint8), np.empty(most + 1, np.int64)
        given, lengths = np.empty(most, np.uint8), np.empty(lines, np.int64)
        spans = np.empty((lines, len(self.names), 2), np.int64)
        turns = kernels()(
            "chats", letters, ends, lines, *self._keys, len(self.names), self.chat, *self._roles,
            len(self.roles), most, text, edges, given, lengths, spans,
        )  # fmt: skip
        if turns < 0:
            return None
        extras = self._extras(data, spans)
        if extras is None:
            return None
        given = given[:turns]
        text = text[: edges[turns]]
        # What is kept holds its whole buffer.
        contents = _strings(text if len(text) > len(data) // 2 else text.copy(), edges[: turns + 1].copy())
        found = Turns(lengths.tolist(), self.codes[given].tobytes(), contents, extras=extras)
        if self.renamed and np.isin(given, list(self.renamed)).any():
            found.notes = list(self._notes(given.tolist(), found.lengths))
        return found

    def _notes(self, given: list[int], lengths: list[int]) -> Iterable[tuple[int, tuple[str, str]]]:
        at = 0
        for place, length in enumerate(lengths):
            for role in dict.fromkeys(given[at : at + length]):
                if role in self.renamed:
                    yield place, ("repair", self._told[role])
            at += length

    def _extras(self, data: bytes, spans: NDArray[np.int64]) -> dict[int, str] | None:
        """The other fields as JSON objects, by line; None where they are no JSON or may repeat a key."""
        if not self.rest:
            return {}
        columns = []
        try:
            for key in self.rest:
                values = [data[start:end] for start, end in spans[:, key].tolist()]
                # A line holds no newline. All are decoded, and looked at as JSON, at once.
                columns.append(b"\n".join(values).decode().split("\n"))
            joined = ",".join(map(",".join, columns))
            fields = orjson.loads(f"[{joined}]")
        except (UnicodeDecodeError, orjson.JSONDecodeError, RecursionError):
            return None
        if len(fields) != len(spans) * len(columns):
            return None
        # Without an object there is no key that could be given twice.
        if "{" in joined and may_repeat_keys(joined.encode(), keys_in(fields)):
            return None
        if "{" in joined and any(map(may_hide_verdicts, fields)):
            return None
        names = [f"{orjson.dumps(self.names[key]).decode()}:" for key in self.rest]
        found: dict[int, str] = {}
        for line, row in enumerate(zip(*columns, strict=True)):
            given = [name + value for name, value in zip(names, row, strict=True) if value != "null"]
            if given:
                found[line] = "{" + ",".join(given) + "}"
        return found


def _texts(names: Iterable[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Names in their quotes as one buffer, and where each begins and ends."""
    written = [orjson.dumps(name) for name in names]
    return np.frombuffer(b"".join(written), np.uint8), np.cumsum([0, *map(len, written)], dtype=np.int64)


def _strings(text: NDArray[np.uint8], edges: NDArray[np.int64]) -> pl.Series:
    array = pa.LargeStringArray.from_buffers(len(edges) - 1, pa.py_buffer(edges), pa.py_buffer(text))
    return pl.Series(ArrowArray(array), dtype=pl.String)
