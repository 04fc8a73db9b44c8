"""JSON that goes out as it came in: whole numbers of any size, no key given twice.

orjson is quick, but reads whole numbers beyond 64 bits as floats and takes the last of two equal keys.
The quick half notices where that may have happened; the exact half is slow and does not do it.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np
import orjson

from finesift.match.kernels import kernels
from finesift.read.records.record import Unreadable

_SPACED = re.compile(rb'(?<!\\)"\s+:')
_SMALL = 1 << 16
# How orjson writes a float of 1e16 and more; whole numbers beyond 64 bits become such floats.
_ROUNDED = re.compile(rb"\de\+?\d\d")
_HALF = Unreadable(
    "half of a surrogate pair is escaped in a text, so a character is cut in two",
    "Cut texts by characters, not by UTF-16 units.",
)
_TOO_DEEP = Unreadable("the record is nested too deeply", "Flatten it, or write the nested part as text.")


class Inexact(Exception):
    """The quick parser may have rounded a number: the record has to be read again, exactly."""


load_quick = orjson.loads


def dump_quick(value: object) -> str:
    """JSON text of what `load_quick` gave. Raises Inexact where that may have lost something."""
    try:
        data = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise Inexact from error
    if _ROUNDED.search(data):
        raise Inexact
    return data.decode()


def load_exact(text: str) -> Any:
    """Raises Unreadable for a key that is given twice and half a character, ValueError for what is no JSON."""
    value = load_halves(text)
    if "\\u" in text:
        try:
            dump_exact(value).encode()
        except UnicodeEncodeError:
            raise _HALF from None
    return value


def load_halves(text: str) -> Any:
    """As `load_exact`, but lets half of a surrogate pair pass, as Python does."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise _TOO_DEEP from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise Unreadable("a number has thousands of digits", "Write it as text.") from None


def dump_exact(value: object) -> str:
    """JSON text of what `load_exact` gave."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except RecursionError:
        raise _TOO_DEEP from None
    except ValueError as error:
        raise Unreadable(f"a number cannot be written as JSON: {error}", "Write it as text.") from None


def are_json(lines: bytes, count: int) -> bool:
    """Whether the lines are so many JSON values."""
    try:
        return len(orjson.loads(b"[%b]" % lines.replace(b"\n", b","))) == count
    except orjson.JSONDecodeError:
        return False


def keys_in(value: object) -> int:
    """How many keys a value has, its inner objects' included; what is deeper than orjson writes counts 0."""
    if type(value) is dict:
        return len(value) + sum(map(keys_in, value.values()))
    if type(value) is list:
        return sum(map(keys_in, value))
    return 0


def may_repeat_keys(data: bytes, keys: int) -> bool:
    """Whether records may give a key twice, of which `keys` remained after parsing.

    A quote is followed by a colon once per key; within a text that quotes JSON it is escaped. What is left,
    as a text that starts with a colon, is for the exact parser to clear.
    """
    return ends_of_keys(data) != keys and len(_SPACED.findall(data)) + ends_of_keys(data) != keys


def ends_of_keys(data: bytes) -> int:
    """How often a quote that is not escaped is followed by a colon."""
    if len(data) < _SMALL:
        return data.count(b'":') - data.count(b'\\":')
    return int(kernels()("key_ends", np.frombuffer(data, np.uint8), len(data)))


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises Unreadable where a key is given twice with different values."""
    record = dict(pairs)
    if len(record) < len(pairs):
        seen: dict[str, Any] = {}
        for name, value in pairs:
            if name in seen and seen[name] != value:
                raise Unreadable(
                    f'the field "{name[:40]}" is given twice, with different values',
                    "Keep one of them. Most readers take the last and say nothing.",
                )
            seen[name] = value
    return record


def _constant(word: str) -> NoReturn:
    raise Unreadable(f"the record holds {word}, which JSON has no word for", "Write null or a number.")


_decoder = json.JSONDecoder(object_pairs_hook=object_of, parse_constant=_constant)
