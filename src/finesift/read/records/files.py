"""Files: which there are, what they are, and their records."""

from __future__ import annotations

import glob
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from finesift.errors import InputError
from finesift.read.dataset_info import NAME, files_of
from finesift.read.fields import is_conversation, resolve
from finesift.read.options import Options
from finesift.read.records.arrow_tables import is_table, table_rows
from finesift.read.records.csv_tables import csv_rows, delimiter_of, header_of
from finesift.read.records.folders import files_in, from_hub, may_be_hub_name
from finesift.read.records.json_arrays import values
from finesift.read.records.json_lines import lines
from finesift.read.records.json_object import unwrapped
from finesift.read.records.plain_text import text_rows
from finesift.read.records.record import Block, Unreadable
from finesift.read.records.stores import from_store, is_remote
from finesift.read.records.stream import Stream

Source = tuple[str, Iterator[Block]]
"""What was read from, as the user named it or as a member of an archive, and its records."""

_ZIP = b"PK\x03\x04"
_PACKED = (".gz", ".zst", ".bz2", ".xz")
_TABLES = (".csv", ".tsv", ".tab")
_LINES = (".jsonl", ".ndjson")
_KNOWN = "Known are JSONL, JSON, CSV, TSV, text, Parquet and Arrow, also as .gz, .zst, .bz2, .xz or .zip."
# Bytes that text has: all but the control characters that are no spacing.
_TEXT = bytes(byte for byte in range(256) if byte >= 32 or byte in b"\t\n\v\f\r\x1b")
_SAMPLE = 4096


def paths(patterns: Sequence[str | Path]) -> list[str]:
    """The files that patterns name, in their order; `-` is standard input.

    A pattern is a file, a glob (its files sorted), a folder, a data set on the hub, hf://ORG/NAME, or
    an address in a store, s3://BUCKET/PATH (see `stores`).
    Raises InputError where a pattern names nothing.
    """
    found: list[str] = []
    for pattern in map(str, patterns):
        if pattern.startswith("hf://"):
            found += from_hub(pattern.removeprefix("hf://").removeprefix("datasets/"))
        elif is_remote(pattern):
            found += from_store(pattern)
        elif Path(pattern).name == NAME and Path(pattern).is_file():
            found += files_of(Path(pattern))
        elif pattern == "-" or Path(pattern).is_file():
            if _is_settings(pattern):
                raise InputError(
                    f"{pattern}: holds settings, not data.",
                    hint=f"If it is a recipe, name it as one:  --recipe {pattern}",
                )
            found.append(pattern)
        elif Path(pattern).is_dir():
            found += files_in(pattern)
        elif glob.has_magic(pattern) and not Path(pattern).exists():
            found += _matching(pattern)
        else:
            found.append(pattern)
    return found


def sources(path: str, options: Options) -> Iterator[Source]:
    """What a path holds: mostly itself; the members of an archive.

    Each source is to be read before the next is asked for. Raises InputError for what cannot be read at all.
    """
    if path == "-":
        yield from _opened(cast(io.BufferedReader, sys.stdin.buffer), path, options)
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115  # the next block closes it, with other errors than these
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file.", hint=_nearby(path)) from None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be opened: {error.strerror}.", hint="Check its permissions."
        ) from None
    with file:
        yield from _opened(file, path, options)


def _opened(file: io.BufferedReader, path: str, options: Options) -> Iterator[Source]:
    head = file.peek(8)[:8]
    if path == "-" and (is_table(head) or head.startswith(_ZIP)):
        # These are read from their end.
        with tempfile.NamedTemporaryFile() as copy:
            while data := file.read(1 << 20):
                copy.write(data)
            copy.flush()
            for name, blocks in sources(copy.name, options):
                yield name.replace(copy.name, "-", 1), blocks
    elif is_table(head):
        yield path, table_rows(path, head)
    elif head.startswith(_ZIP):
        yield from _members(file, path, options)
    else:
        yield path, _blocks(Stream(file, path, options), options)


def _members(file: BinaryIO, path: str, options: Options) -> Iterator[Source]:
    """The files of an archive; nothing is written to the disk."""
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                parts = Path(member.filename).parts
                if member.is_dir() or any(part.startswith((".", "__")) and part != ".." for part in parts):
                    continue
                name = f"{path}/{member.filename}"
                if member.flag_bits & 1:
                    raise InputError(f"{name}: is encrypted.", hint="Unpack the archive and name its files.")
                with archive.open(member) as inner:
                    stream = Stream(cast(BinaryIO, inner), name, options, packed=max(1, member.compress_size))
                    yield name, _blocks(stream, options)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise InputError(f"{path}: is a damaged archive: {error}.", hint="Fetch or pack it again.") from None


def _blocks(stream: Stream, options: Options) -> Iterator[Block]:
    row = 0
    for block in _records(stream, options.columns):
        row = max([row, *block.rows[-1:], *(refused for refused, _, _ in block.refused[-1:])])
        yield block
    if stream.cut:
        fault = Unreadable(
            f"the data is damaged or cut off here ({stream.cut}); the rows after this are missing",
            "Fetch or pack the file again.",
        )
        yield Block.of([], [], stream.done, [(row + 1, b"", fault)])


def _records(stream: Stream, columns: Mapping[str, str]) -> Iterator[Block]:
    """The records of a stream, by what it looks like; its name decides only where that says nothing."""
    head, name = stream.head, _bare(stream.name)
    sample = head[:_SAMPLE]
    if is_table(head) or head.startswith(_ZIP):
        raise InputError(f"{stream.name}: packs a file that is packed itself.", hint="Unpack the outer one.")
    first = head.lstrip()[:1]
    # What begins as JSON is read as such: a row that holds garbage costs itself, not the file.
    if first not in (b"[", b"{") and len(sample.translate(None, _TEXT)) > len(sample) // 20:
        raise InputError(f"{stream.name}: is no text, and no format that is known.", hint=_KNOWN)
    if first in (b"[", b"{") or (first == b'"' and not name.endswith((*_TABLES, ".txt"))):
        return lines(stream) if _one_per_line(head, name) else unwrapped(values(stream), columns)
    delimiter = delimiter_of(head)
    if name.endswith(_TABLES):
        return csv_rows(stream, delimiter or ",", columns)
    if name.endswith(_LINES):
        return lines(stream)
    if name.endswith(".json"):
        return values(stream)
    if delimiter and resolve(dict.fromkeys(header_of(head, delimiter)), columns).slots:
        return csv_rows(stream, delimiter, columns)
    return text_rows(stream)


def _one_per_line(head: bytes, name: str) -> bool:
    """Whether the lines are the records. One value over many lines, or many on one, is for `values`."""
    sample = [line for line in head.split(b"\n")[:50] if line.strip()]
    first = _json(sample[0])
    if isinstance(first, list) and not is_conversation(first):
        # A stray list before lines that are objects is one odd row; its values are no rows, nor do they count as such.
        stray = not any(isinstance(value, dict) for value in first)
        return stray and len(sample) > 1 and all(isinstance(_json(line), dict) for line in sample[1:3])
    if len(sample) == 1:
        return name.endswith(_LINES) and not _has_several(sample[0])
    if first is not None:
        return True
    if sample[0].strip() in (b"[", b"{") or head.lstrip().startswith(b"[{"):
        return False
    # The first line may be the one that is broken.
    return name.endswith(_LINES) or any(
        line.startswith(b"{") and _json(line) is not None for line in sample[1:]
    )


def _json(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _has_several(line: bytes) -> bool:
    """Whether a line begins with a whole value that something follows."""
    text = line.decode("utf-8", "replace").strip()
    try:
        return json.JSONDecoder().raw_decode(text)[1] < len(text)
    except (ValueError, RecursionError):
        return False


def _is_settings(name: str) -> bool:
    """Whether it is a recipe or a trainer's configuration: read as rows, each of its lines would be one."""
    return Path(name).suffix.lower() in (".toml", ".yaml", ".yml")


def _bare(name: str) -> str:
    name = name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name


def _matching(pattern: str) -> list[str]:
    # Path.glob knows no pattern that starts at the root, nor "~" or a drive; glob takes what a shell takes.
    found = sorted(name for name in glob.glob(pattern, recursive=True) if Path(name).is_file())  # noqa: PTH207
    if not found:
        raise InputError(f"{pattern}: matches no file.", hint="Check the folder that it starts in.")
    return found


def _nearby(path: str) -> str:
    import difflib

    if may_be_hub_name(path):
        return f"If it is a data set on the hub:  hf://{path}"
    folder = Path(path).parent
    if not folder.is_dir():
        return f"There is no folder {folder} either."
    close = difflib.get_close_matches(Path(path).name, [entry.name for entry in folder.iterdir()], n=3)
    return (
        f"Did you mean {' or '.join(str(folder / name) for name in close)}?" if close else "Check the path."
    )
