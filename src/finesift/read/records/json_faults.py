"""What is wrong with a record that is no JSON, in words, and what to do about it."""

from __future__ import annotations

import re

import orjson

from finesift.read.records.record import Unreadable

_CONSTANT = re.compile(r"-?(?:NaN|Infinity)\b", re.IGNORECASE)
_AROUND = 24

Fault = tuple[str, str, str]
# What the parser says, what we say, what to do.
_SAID: tuple[Fault, ...] = (
    ("depth limit", "the record is nested more than 1,024 levels deep", "Flatten it."),
    (
        "end of data",
        "the line ends in the middle of the record",
        "Either the file was cut off here, or a text holds a line break that is not written as \\n.",
    ),
    (
        "control character",
        "a line break, tab or other control character stands unescaped in a text",
        "Write it as \\n, \\t or \\u00…; json.dumps does.",
    ),
    (
        "surrogate",
        "half of a surrogate pair is escaped in a text, so a character is cut in two",
        "Cut texts by characters, not by UTF-16 units.",
    ),
    ("trailing comma", "a comma stands before the closing bracket", "Leave the last comma out."),
    ("content after document", "more text follows the record on its line", "Write one record per line."),
    ("infinity", "a number is too large for 64 bits", "Write it as text."),
    ("byte order mark", "a byte-order mark stands in front of the record", "Leave it out."),
)


def explain(raw: bytes, error: orjson.JSONDecodeError) -> Unreadable:
    """The reason and the hint for a record that the parser refused with `error`."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        return not_utf8(raw, wrong)
    at = min(error.pos, len(text))
    # The parser points behind the sign of a number.
    at -= at > 0 and text[at - 1] == "-"
    found = f"found {_quoted(text, at)} at character {at + 1}"
    if constant := _CONSTANT.match(text, at):
        return Unreadable(
            f"the record holds {constant[0]}, which JSON has no word for; {found}", "Write null or a number."
        )
    for said, reason, hint in _SAID:
        if said in error.msg:
            return Unreadable(f"{reason}; {found}", hint)
    if text[at : at + 1] == "'" or text[at : at + 4] in ("None", "True", "Fals"):
        return Unreadable(
            f"Python's notation, not JSON; {found}", "Write it with json.dumps(row), not str(row)."
        )
    if text.lstrip()[:1] not in ("{", "["):
        return Unreadable(f"no JSON; {found}", "Write one JSON object per line.")
    return Unreadable(f"no JSON: {error.msg}; {found}", "Write the row with a JSON library.")


def not_utf8(raw: bytes, wrong: UnicodeDecodeError) -> Unreadable:
    """Bytes of another encoding, with what they would be in the commonest one."""
    error = f"byte {wrong.start + 1} is 0x{raw[wrong.start]:02X}, which is not UTF-8"
    try:
        text = raw[max(0, wrong.start - _AROUND) : wrong.start + _AROUND].decode("cp1252")
    except UnicodeDecodeError:
        return Unreadable(error, "Save the file as UTF-8.")
    return Unreadable(
        error, f'Save the file as UTF-8. If it is Windows-1252, as in "{text}":  repair = ["windows-1252"]'
    )


def _quoted(text: str, at: int) -> str:
    around = text[at : at + _AROUND]
    return f'"{around}"' if around else "the end"
