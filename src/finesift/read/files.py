"""Files: which there are, what they are, and their records."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from finesift.errors import InputError
from finesift.read.lines import lines
from finesift.read.record import Block
from finesift.read.stream import Stream
from finesift.read.tables import DELIMITERS, csv_rows, parquet_rows
from finesift.read.text import text_rows
from finesift.read.values import values


def paths(patterns: Sequence[str | Path]) -> list[str]:
    """The files that patterns name, in their order; a glob's files sorted. `-` is standard input.

    Raises InputError where a glob matches nothing.
    """
    found: list[str] = []
    for pattern in map(str, patterns):
        if pattern == "-" or Path(pattern).exists() or not glob.has_magic(pattern):
            found.append(pattern)
            continue
        names = glob.iglob(pattern, recursive=True)  # noqa: PTH207 (pathlib refuses absolute patterns)
        matches = sorted(name for name in names if Path(name).is_file())
        if not matches:
            raise InputError(f"{pattern}: matches no file.", hint="Check the folder, or quote the pattern.")
        found += matches
    return found


def records(path: str) -> Iterator[Block]:
    """The records of one file, whatever its name says it is."""
    stream = Stream(path)
    try:
        yield from _records(stream, path)
    finally:
        stream.close()


def _records(stream: Stream, path: str) -> Iterator[Block]:
    head = stream.head
    if head.startswith(b"PAR1"):
        return parquet_rows(path)
    if b"\x00" in head:
        raise InputError(
            f"{path}: is no text, and no format that is known.",
            hint="Known are JSONL, JSON, CSV, TSV, text, Parquet and Arrow, also as .gz, .zst or .zip.",
        )
    first = head.lstrip()[:1]
    name = path.lower().removesuffix(".gz")
    if first and first in b'[{"' and not (first == b'"' and name.endswith((".csv", ".tsv", ".txt"))):
        return lines(stream) if _one_per_line(head, name) else values(stream)
    if name.endswith((".csv", ".tsv")):
        return csv_rows(stream, _delimiter(head))
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return lines(stream)
    return text_rows(stream)


def _one_per_line(head: bytes, name: str) -> bool:
    """Whether lines are the records. One value over many lines, or many values on one, is for `values`."""
    sample = [line for line in head.split(b"\n")[:50] if line.strip()]
    if _is_json(sample[0]):
        return len(sample) > 1 or not sample[0].lstrip().startswith(b"[")
    if sample[0].strip() in (b"[", b"{") or head.lstrip().startswith(b"[{"):
        return False
    # The first line may be the broken one.
    return name.endswith((".jsonl", ".ndjson")) or any(
        line.startswith(b"{") and _is_json(line) for line in sample[1:]
    )


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _delimiter(head: bytes) -> str:
    """The delimiter that the first lines hold most evenly."""
    sample = head.splitlines()[:1] or [b""]
    return max(DELIMITERS, key=lambda mark: sample[0].count(mark.encode()))
