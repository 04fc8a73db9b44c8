"""JSON that goes out as it came in: whole numbers of any size, no key given twice."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import orjson

from finesift.read.record import Unreadable

# How orjson writes a float of 1e16 and more. It reads whole numbers beyond 64 bits as such floats.
_ROUNDED = re.compile(rb"\de\+?\d\d")


class Inexact(Exception):
    """The quick parser may have rounded a number of this record: it has to be read again, exactly."""


def dump_quick(value: object) -> str:
    """JSON text of what `orjson.loads` gave. Raises Inexact where that may have lost something."""
    try:
        data = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise Inexact from error
    if _ROUNDED.search(data):
        raise Inexact
    return data.decode()


def dump_exact(value: object) -> str:
    """JSON text of what `load_exact` gave."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except RecursionError:
        raise Unreadable(
            "the record is nested too deeply", "Flatten it, or keep the nested part as text."
        ) from None


def load_exact(raw: bytes) -> Any:
    """A record by the slow parser, which loses nothing. Raises Unreadable; ValueError for what is no JSON."""
    try:
        return _decoder.decode(raw.decode())
    except RecursionError:
        raise Unreadable(
            "the record is nested too deeply", "Flatten it, or keep the nested part as text."
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        seen: dict[str, Any] = {}
        for name, value in pairs:
            if name in seen and seen[name] != value:
                raise Unreadable(
                    f'the field "{name}" is given twice, with different values',
                    "Keep one of them. Most readers take the last and say nothing.",
                )
            seen[name] = value
    return record


def _constant(word: str) -> NoReturn:
    raise Unreadable(f"the record holds {word}, which JSON has no word for", "Write null or a number.")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
