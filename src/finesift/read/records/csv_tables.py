"""CSV and TSV: rows under the names of the header, as JSON objects of text."""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import chain, count, islice

import orjson

from finesift.errors import InputError
from finesift.read.fields import resolve
from finesift.read.records.json_faults import not_utf8
from finesift.read.records.json_lines import WINDOWS_1252
from finesift.read.records.record import Block, Note, Unreadable
from finesift.read.records.stream import CHUNK, Stream

DELIMITERS = ",\t;|"

# A quote without an end takes in all that follows. A cell of more lines than this is taken to have no end.
_LONGEST_CELL = 10_000
_SAMPLE = 20
_NO_NAME = re.compile(r"|[\d.,:/-]+|.{65,}|.*[?!.]", re.DOTALL)
_OPEN_QUOTE = Unreadable(
    "a quote opens a cell on this line and is not closed where the row should end",
    'Close it, or double it where it is meant: "she said ""yes""".',
)


def csv_rows(stream: Stream, delimiter: str, columns: Mapping[str, str]) -> Iterator[Block]:
    """The rows; the number of a row is that of the line where it begins.

    A first line that names no column that is known, and looks like data, is data; the columns are then called
    column_1, column_2, and so on.
    """
    # The limit is the interpreter's own, and there to be raised.
    csv.field_size_limit(sys.maxsize)
    lines = _Lines(stream)
    names = _header(lines, delimiter, columns, stream.name)
    rows: list[int] = []
    raws: list[bytes] = []
    refused: list[tuple[int, bytes, Unreadable]] = []
    size = 0
    for row, text, cells in _records(lines, delimiter, len(names)):
        size += len(text)
        if isinstance(cells, Unreadable):
            refused.append((row, text.encode("utf-8", "surrogateescape").strip(b"\r\n"), cells))
        else:
            try:
                raws.append(orjson.dumps(dict(zip(names, cells, strict=True))))
                rows.append(row)
            except orjson.JSONEncodeError:
                refused.append((row, *_undecodable(text)))
        if size > CHUNK:
            yield _block(raws, rows, refused, stream)
            rows, raws, refused, size = [], [], [], 0
    yield _block(raws, rows, refused, stream)


def _block(
    raws: list[bytes], rows: list[int], refused: list[tuple[int, bytes, Unreadable]], stream: Stream
) -> Block:
    notes: dict[int, Note] = {row: WINDOWS_1252 for row in rows if row in stream.recoded}
    if rows and stream.decoded:
        notes.setdefault(rows[0], ("repair", stream.decoded))
        stream.decoded = ""
    return Block.of(raws, rows, stream.done, refused, notes)


def delimiter_of(head: bytes) -> str | None:
    """The delimiter that cuts the first lines most evenly; None where none cuts them at all."""
    lines = head.decode("utf-8", "replace").splitlines(keepends=True)[:-1][: 5 * _SAMPLE] or [
        head.decode("utf-8", "replace")
    ]
    best: tuple[float, int, str] = (0, 0, "")
    for mark in DELIMITERS:
        widths = Counter(map(len, islice(csv.reader(lines, delimiter=mark), _SAMPLE)))
        width, often = widths.most_common(1)[0]
        if width > 1:
            best = max(best, (often / widths.total(), width, mark))
    return best[2] or None


def header_of(head: bytes, delimiter: str) -> list[str]:
    """The cells of the first line; none where it is no line of a table."""
    line = re.split(rb"[\r\n]", head, maxsplit=1)[0].decode("utf-8", "replace")
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell of more than 128 KiB
        return []


class _Lines:
    """Lines of text with their ends, which can be given back."""

    def __init__(self, stream: Stream) -> None:
        self._source = self._read(stream)
        self._returned: deque[str] = deque()
        self.number = 0  # of the line that was taken last
        self.taken: list[str] = []
        self.ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _LONGEST_CELL:
            self.ended = True
            raise StopIteration
        line = self._returned.popleft() if self._returned else next(self._source, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def begin(self) -> None:
        """What is taken from here on belongs to the next row."""
        self.taken, self.ended = [], False

    def give_back(self, keep: int) -> None:
        """Gives back all but the first `keep` lines of the row."""
        self._returned.extendleft(reversed(self.taken[keep:]))
        self.number -= len(self.taken) - keep
        del self.taken[keep:]

    @staticmethod
    def _read(stream: Stream) -> Iterator[str]:
        pending = b""
        while chunk := stream.read():
            *whole, pending = (pending + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "surrogateescape") + "\n"
        if pending:
            yield pending.decode("utf-8", "surrogateescape")


def _records(lines: _Lines, delimiter: str, width: int) -> Iterator[tuple[int, str, list[str] | Unreadable]]:
    """Each row's number, text and cells, or what is wrong with it."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.begin()
        cells: list[str] | Unreadable | None
        try:
            cells = next(reader, None)
        except csv.Error as error:
            cells = Unreadable(f"no CSV: {error}", "Write it with a CSV library.")
        if cells is None:
            return
        first = lines.number - len(lines.taken) + 1
        if not isinstance(cells, Unreadable) and (
            (len(lines.taken) > 1 and len(cells) != width)
            or (lines.ended and _is_open("".join(lines.taken), delimiter))
        ):
            # Only the line with the quote is at fault; what it took in are rows of their own.
            lines.give_back(1)
            reader, cells = csv.reader(lines, delimiter=delimiter), _OPEN_QUOTE
        elif cells and not isinstance(cells, Unreadable) and len(cells) != width:
            cells = Unreadable(
                f"{len(cells)} cells, where the header has {width}",
                "Quote the cells that hold the delimiter or a line break.",
            )
        if cells:
            yield first, "".join(lines.taken), cells


def _is_open(text: str, delimiter: str) -> bool:
    """Whether a row ends within a quoted cell."""
    try:
        next(csv.reader([text], delimiter=delimiter, strict=True), None)
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _header(lines: _Lines, delimiter: str, columns: Mapping[str, str], file: str) -> list[str]:
    """The names of the columns, each once."""
    try:
        cells = next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error as error:
        raise InputError(
            f"{file}: its first line is no CSV: {error}.", hint="Write it with a CSV library."
        ) from None
    places = [f"column_{number}" for number in range(1, len(cells) + 1)]
    known = bool(resolve(dict.fromkeys(cells), columns).slots)
    if not known and (not columns.keys().isdisjoint(places) or any(map(_NO_NAME.fullmatch, cells))):
        lines.give_back(0)
        return places
    names: list[str] = []
    for cell, place in zip(cells, places, strict=True):
        name = cell.strip() or place
        numbered = (f"{name}_{number}" for number in count(2))
        names.append(next(n for n in chain([name], numbered) if n not in names))
    return names


def _undecodable(text: str) -> tuple[bytes, Unreadable]:
    raw = text.encode("utf-8", "surrogateescape").strip(b"\r\n")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return raw, not_utf8(raw, error)
    return raw, Unreadable("the row cannot be written as JSON")
