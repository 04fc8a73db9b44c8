"""Batches of OpenAI and Anthropic: the file of requests and the file of answers, joined by `custom_id`.

Both files have to be named. An answer takes its request along; a request that is answered is no row of its own, one
that is not stays a prompt without an answer. An id that two requests share joins nothing: nobody knows which was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from finesift.read.records.exact_json import dump_exact, load_exact
from finesift.read.records.record import Block, Unreadable
from finesift.read.whole_files import object_in

_REQUEST, _ANSWER = ("body", "params"), ("response", "result")
# The longest first line that is looked at.
_LONGEST = 1 << 20


@dataclass(frozen=True)
class Batches:
    """requests: raw lines by id. answered: the ids of answers. asking, answering: the files."""

    requests: dict[str, bytes]
    answered: frozenset[str]
    asking: frozenset[str]
    answering: frozenset[str]

    def joined(self, file: str, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks of a file: answers with their requests, requests without those that are answered."""
        if file not in self.asking and file not in self.answering:
            yield from blocks
            return
        for block in blocks:
            rows, raws = [], []
            for row, raw in zip(block.rows, block.raws, strict=True):
                id_ = _id(raw)
                if file in self.answering:
                    raw = self._with_request(raw, id_)
                elif id_ in self.answered and id_ in self.requests:
                    continue
                rows.append(row)
                raws.append(raw)
            yield Block.of(raws, rows, block.done, block.refused, block.notes)

    def _with_request(self, raw: bytes, id_: str | None) -> bytes:
        if id_ is None or id_ not in self.requests:
            return raw
        try:
            asked, said = load_exact(self.requests[id_].decode()), load_exact(raw.decode())
            body = next(asked[name] for name in _REQUEST if name in asked)
            return dump_exact({**said, "request": body}).encode()
        except (ValueError, StopIteration, Unreadable):
            # What is odd about either is said where the line itself is read.
            return raw


def batches_of(files: Sequence[str]) -> Batches | None:
    """The batches among the files; None where there are not both requests and answers. Packed files are not opened."""
    kinds = {file: _kind(file) for file in files}
    asking = frozenset(file for file, kind in kinds.items() if kind == "request")
    answering = frozenset(file for file, kind in kinds.items() if kind == "answer")
    if not asking or not answering:
        return None
    requests: dict[str, bytes] = {}
    shared: set[str] = set()
    for id_, line in _lines(asking):
        if requests.setdefault(id_, line) != line:
            shared.add(id_)
    answered = frozenset(id_ for id_, _ in _lines(answering))
    return Batches(
        {id_: line for id_, line in requests.items() if id_ not in shared}, answered, asking, answering
    )


def _kind(file: str) -> str | None:
    if file == "-" or not file.endswith((".jsonl", ".ndjson", ".json")):
        return None
    try:
        with Path(file).open("rb") as lines:
            first = object_in(lines.readline(_LONGEST))
    except OSError:
        return None
    if not isinstance(first.get("custom_id"), str):
        return None
    if any(name in first for name in _ANSWER) or "error" in first:
        return "answer"
    return "request" if any(isinstance(first.get(name), dict) for name in _REQUEST) else None


def _lines(files: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for file in sorted(files):
        with Path(file).open("rb") as lines:
            for line in lines:
                if (id_ := _id(line)) is not None:
                    yield id_, line.strip()


def _id(line: bytes) -> str | None:
    id_ = object_in(line).get("custom_id")
    return id_ if isinstance(id_, str) else None
