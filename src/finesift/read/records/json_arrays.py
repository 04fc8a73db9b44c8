"""JSON arrays, and JSON values that follow one another, read value by value.

A value that is broken costs itself, not the file: reading goes on at the next one. An array that was cut off
gives every whole value before the cut, and the rest as one broken value.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError
from typing import NoReturn

import numpy as np

from finesift.match.kernels import kernels
from finesift.read.records.exact_json import are_json
from finesift.read.records.record import Block, Note, Unreadable, Unsure, line_ends
from finesift.read.records.stream import Stream

# Characters looked at together. Python's JSON errors count the lines before them, so this bounds their cost.
WINDOW = 1 << 17

# Where the next value may start after one that is broken.
_NEXT = re.compile(r"[}\]]\s*,?\s*(?=[{\[])")
_SPACE = re.compile(r"[ \t\r\n]*+,?+[ \t\r\n]*+")
_WORD = re.compile(r"[^\s,\[\]{}\"]++")
_BEGINS = re.compile(rb"[ \t\r\n]*+,?+[ \t\r\n]*+")
_INDENT = re.compile(rb"[\r\n]\s*")
# Bytes that are left when objects end that are as they should be: more, and it is odd, or a long one that was cut.
_LONGEST_CUT = 1 << 18
_HELD_BACK = 2
# A token that may go on in the next window: a number, `true`, an escape.
_LONGEST_TOKEN = 32


class NotANumber(ValueError):
    """NaN or Infinity, which JSON has no word for."""


def _refuse(word: str) -> NoReturn:
    raise NotANumber(word)


_decoder = json.JSONDecoder(parse_constant=_refuse)


def values(stream: Stream) -> Iterator[Block]:
    """Blocks of values, in memory of a few chunks or of the longest value, whichever is larger.

    Objects that follow one another, as they should be, are taken as bytes, many at a time. Anything else is for
    `_Scan`, which works on text and can say what is wrong; what it leaves over is taken as bytes again.
    """
    scan, held, more = _Scan(), b"", True
    while more:
        # A value that outgrows what is held makes the next piece larger: each byte is looked at about twice.
        pieces, size = [held], 0
        while size <= len(held) and (chunk := stream.read()):
            pieces.append(chunk)
            size += len(chunk)
        more = size > 0
        held = b"".join(pieces)
        before = scan.inside, scan.lines, scan.row
        if scan.broken < 0 and (found := _taken(held, scan, stream)):
            block, rest = found
            yield block
            if block.unsure and block.unsure.odd:
                scan.inside, scan.lines, scan.row = before
                held = scan.feed_bytes(held, last=not more)
                yield scan.block(stream)
                continue
            held = rest
        # What is left is the beginning of a value, or odd; the one is too short to tell from the other.
        if not more or len(held) > _LONGEST_CUT:
            held = scan.feed_bytes(held, last=not more)
            yield scan.block(stream)


def _taken(data: bytes, scan: _Scan, stream: Stream) -> tuple[Block, bytes] | None:
    """The objects at the beginning of the data, as a block, and what follows them; None where they are odd."""
    start = _BEGINS.match(data).end()  # type: ignore[union-attr]  # it matches nothing, too
    if data[start : start + 1] == b"[" and not scan.inside and scan.row == 1:
        opened = start + 1
    elif data[start : start + 1] == b"{":
        opened = start
    else:
        return None
    letters = np.frombuffer(data, np.uint8)[opened:]
    out, done = np.empty(2 * len(letters), np.uint8), np.empty(2, np.int64)
    count = kernels()("objects", letters, len(letters), out, done)
    lines = out[: max(0, done[1] - 1)].tobytes()
    # The first rows may be held back by who looks what the file is, before anybody reads them.
    unsure = Unsure() if scan.row > _HELD_BACK else None
    if not count or not (unsure or are_json(lines, count)):
        return None
    scan.inside = scan.inside or opened > start
    end = opened + int(done[0])
    scan.lines += data.count(b"\n", 0, end)
    rows = range(scan.row, scan.row + count)
    scan.row += count
    notes: dict[int, Note] = {1: ("repair", stream.decoded)} if stream.decoded else {}
    return Block(lines, line_ends(lines), rows, stream.done, notes=notes, unsure=unsure), data[end:]


class _Scan:
    """Finds the values in a stream of text."""

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.inside = False  # an array whose elements are the values
        self.lines = 1  # of the text before `text`
        self.broken = -1  # where a broken value began whose end is not yet in sight
        self.fault = Unreadable("")
        self.plain = True  # whether objects are taken many at a time, for the rest of this text
        self.row = 1  # of the next value
        self.rows: list[int] = []
        self.raws: list[bytes] = []
        self.refused: list[tuple[int, bytes, Unreadable]] = []

    def block(self, stream: Stream) -> Block:
        """The values found since the last block."""
        notes: dict[int, Note] = {1: ("repair", stream.decoded)} if stream.decoded else {}
        block = Block.of(self.raws, self.rows, stream.done, self.refused, notes)
        self.rows, self.raws, self.refused = [], [], []
        return block

    def feed_bytes(self, data: bytes, *, last: bool) -> bytes:
        """Finds the values in the data, a window at a time; returns what may be the beginning of another one."""
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        text, at, want = decoder.decode(data, last), 0, WINDOW
        while at < len(text):
            before = self.row
            self.feed(text[at : at + want], last=False)
            at += want
            # A value that outgrows its window makes the next one larger.
            want = 2 * want if self.row == before else WINDOW
        if last:
            self.feed("", last=True)
            return b""
        if self.broken >= 0:
            # The end of what is broken is not in sight: the text so far is needed to find it.
            return decoder.getstate()[0]
        rest = self.text[self.at :]
        self.text = self.text[: self.at]
        return rest.encode("utf-8", "surrogateescape") + decoder.getstate()[0]

    def feed(self, more: str, *, last: bool) -> None:
        """Finds the values that are complete now and adds them to the block."""
        kept = self.at if self.broken < 0 else self.broken
        self.lines += self.text.count("\n", 0, kept)
        self.text = self.text[kept:] + more
        self.at -= kept
        self.broken = min(self.broken, 0)
        self.plain = True
        while self._step(last):
            pass

    def _step(self, last: bool) -> bool:
        """One value, bracket or broken stretch; false where there is nothing more to do in this text."""
        text = self.text
        if self.broken >= 0:
            return self._skip(last)
        start = _SPACE.match(text, self.at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if start >= len(text):
            self.at = start if last else self.at
            return False
        first = text[start]
        if first == "[" and not self.inside:
            self.inside, self.at = True, start + 1
            return True
        if first == "]" and self.inside:
            self.inside, self.at = False, start + 1
            return True
        if self.plain and first == "{" and self._objects(start):
            return True
        try:
            end = _decoder.raw_decode(text, start)[1]
        except (JSONDecodeError, NotANumber, RecursionError) as error:
            if not last and _may_go_on(error, len(text)):
                self.at = start
                return False
            return self._break(start, error, last)
        if end == len(text) and not last:
            self.at = start
            return False
        self._keep(text[start:end])
        self.at = end
        return True

    def _objects(self, start: int) -> bool:
        """Takes all the objects that follow one another from here, where they are as they should be; else none."""
        data = self.text[start:].encode("utf-8", "surrogateescape")
        out, done = np.empty(2 * len(data), np.uint8), np.empty(2, np.int64)
        count = kernels()("objects", np.frombuffer(data, np.uint8), len(data), out, done)
        lines = out[: max(0, done[1] - 1)].tobytes()
        self.plain = count > 0 and are_json(lines, count)
        if self.plain:
            self.raws += lines.split(b"\n")
            self.rows += range(self.row, self.row + count)
            self.row += count
            self.at = start + len(data[: done[0]].decode())
        return self.plain

    def _keep(self, raw: str) -> None:
        data = raw.encode("utf-8", "surrogateescape")
        # Between the tokens of valid JSON, and only there, a line break means nothing.
        self.raws.append(_INDENT.sub(b"", data) if b"\n" in data or b"\r" in data else data)
        self.rows.append(self.row)
        self.row += 1

    def _break(self, start: int, error: Exception, last: bool) -> bool:
        line = self.lines + self.text.count("\n", 0, start)
        self.broken, self.at = start, start + 1
        if isinstance(error, JSONDecodeError):
            self.at = max(error.pos, start + 1)
            if last and _may_go_on(error, len(self.text)):
                self.fault = Unreadable(
                    f"the file ends in the middle of this record, which begins on line {line}",
                    "The file was cut off. Fetch or write it again to have this record too.",
                )
                self.at = len(self.text)
            else:
                line = self.lines + self.text.count("\n", 0, error.pos)
                self.fault = Unreadable(f"no JSON on line {line}: {_said(error)}", "")
        elif isinstance(error, RecursionError):
            self.fault = Unreadable(f"the record on line {line} is nested too deeply", "Flatten it.")
        else:
            self.fault = Unreadable(
                f"the record on line {line} holds {error}, which JSON has no word for",
                "Write null or a number.",
            )
        return self._skip(last)

    def _skip(self, last: bool) -> bool:
        """Ends a broken value where the next may start."""
        word = _WORD.match(self.text, self.broken)
        if word and (word.end() < len(self.text) or last):
            end = after = word.end()
        elif boundary := _NEXT.search(self.text, self.at):
            end, after = boundary.start() + 1, boundary.end()
        elif last:
            end = after = len(self.text)
        else:
            self.at = max(self.at, len(self.text) - _LONGEST_TOKEN)
            return False
        raw = self.text[self.broken : end].strip().encode("utf-8", "surrogateescape")
        self.refused.append((self.row, raw, self.fault))
        self.row += 1
        self.broken, self.at = -1, after
        return True


def _may_go_on(error: Exception, length: int) -> bool:
    """Whether more text could make this no error."""
    if not isinstance(error, JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= length - _LONGEST_TOKEN


def _said(error: JSONDecodeError) -> str:
    return error.msg[0].lower() + error.msg[1:]
