"""What a template makes, measured: each thing that could be larger than its parts, before or as it is made."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from jinja2.exceptions import SecurityError

#: Characters that one text may have, and that one value may have when written out.
SIZE = 16_000_000
# What a list, a number or a key counts for beside its characters: a value has at most 250,000 of them.
_PART = 64
# Bits of a whole number, and spaces of padding or indent: no template comes near.
_BITS = 4_096
WIDTH = 1_000
# A number in a format is a width or a precision; a star or a nested brace takes one from a value.
_WIDE = re.compile(r"\d{4}|%[-+ #0]*\*|%[^%a-zA-Z]*\.\*|\{[^{}]*\{")


class Stopped(SecurityError):
    """What a template does that none needs: it takes too long, makes too much, or reaches for Python."""


def tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As transformers has it: no HTML escapes."""
    if indent is None:
        return json.dumps(value, ensure_ascii=ensure_ascii, separators=separators, sort_keys=sort_keys)
    if (len(indent) if isinstance(indent, str) else indent) > 64:
        too_large()
    encoder = json.JSONEncoder(
        ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )
    parts, size = [], 0
    for part in encoder.iterencode(value):
        size += len(part)
        if size > SIZE:
            too_large()
        parts.append(part)
    return "".join(parts)


def add(left: Any, right: Any) -> Any:
    result = left + right
    if type(result) is str:
        if len(result) > SIZE:
            too_large()
        return result
    return measured(result)


def times(left: Any, right: Any) -> Any:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, int) and not isinstance(other, (int, float)):
            if one > 1 and one * (len(other) if isinstance(other, str) else weight(other)) > SIZE:
                too_large()
            return left * right
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > _BITS:
        too_large()
    return left * right


def power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > _BITS:
        too_large()
    return left**right


def percent(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        check_format(left, left.count("%"), right)
    return left % right


def concat(*parts: Any) -> str:
    text = "".join(map(str, parts))
    if len(text) > SIZE:
        too_large()
    return text


def measured(value: Any) -> Any:
    """The value, if it is not too large."""
    if not isinstance(value, (bool, float, type(None))):
        weight(value)
    return value


def weight(value: Any) -> int:
    """How long the value would be, about, if it were written out. Raises Stopped beyond SIZE.

    A part that occurs twice counts twice: that is how a few small lists make a giant.
    """
    total = 0
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            total += len(part)
        elif isinstance(part, (list, tuple)):
            if len(part) > SIZE // _PART:
                too_large()
            waiting.extend(part)
        elif isinstance(part, dict):
            if len(part) > SIZE // _PART:
                too_large()
            waiting.extend(part)
            waiting.extend(part.values())
        elif isinstance(part, int) and part.bit_length() > _BITS:
            total = SIZE
        total += _PART
        if total + _PART * len(waiting) > SIZE:
            too_large()
    return total


def bounded_arguments(name: str, text: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a method of `text`, if the result is not too large."""
    if name == "join" and args:
        parts = list(args[0])
        if len(text) * len(parts) + weight(parts) > SIZE:
            too_large()
        return (parts, *args[1:])
    if name == "replace":
        if len(args) >= 2 and isinstance(args[0], str) and isinstance(args[1], str):
            _check_replace(text, args[0], args[1])
    elif args and isinstance(args[0], int) and args[0] > WIDTH:
        too_large()
    return args


def bounded_filter(name: str, value: Any, rest: list[Any], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    if name == "join":
        parts = list(value)
        glue = str(rest[0] if rest else kwargs.get("d", ""))
        if len(glue) * len(parts) + weight(parts) > SIZE:
            too_large()
        return (parts, glue, *rest[1:])
    given = [*rest, *(kwargs[key] for key in ("old", "new") if key in kwargs)]
    if len(given) >= 2:
        _check_replace(str(value), str(given[0]), str(given[1]))
    return (value, *rest)


def _check_replace(text: str, old: str, new: str) -> None:
    if len(new) > len(old) and text.count(old) * (len(new) - len(old)) + len(text) > SIZE:
        too_large()


def check_padding(name: str, value: Any, rest: list[Any], kwargs: dict[str, Any]) -> None:
    width = rest[0] if rest else kwargs.get("width", 4)
    size = len(width) if isinstance(width, str) else width
    lines = str(value).count("\n") + 1 if name == "indent" else 1
    if isinstance(size, int) and size * lines > SIZE:
        too_large()


def check_format(form: str, fields: int, values: Any) -> None:
    if _WIDE.search(form):
        raise Stopped("its format asks for a width that is not written in three digits")
    if len(form) + fields * (weight(values) + WIDTH) > SIZE:
        too_large()


def check_name(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise Stopped(f"a namespace keeps no name that begins with an underscore: {name}")


def too_large() -> NoReturn:
    raise Stopped(f"it makes something larger than {SIZE:,} characters or parts")
