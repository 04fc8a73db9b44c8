"""Secrets taken out of a corpus: a typed placeholder in the place of each, the same for the same value.

What stands where is written to a file of its own, beside the run and not in it, so that nobody who gets the run gets
the values.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.match.signs import signed
from finesift.secret.formats import found_in, is_marked, may_hold
from finesift.tables import REDACTIONS

# The columns of turns and of examples that hold text, and whether that text is JSON.
_OF_TURNS = {"content": False, "reasoning": False, "tool_calls": True}
_OF_EXAMPLES = {"tools": True, "extra": True}


def redacted(corpus: Corpus, kinds: Sequence[str]) -> Corpus:
    """The corpus without the secrets of these `formats.KINDS`, in its originals too; ids stay as they were.

    `redactions` of the result says what stands for what. Rows in which a cheap sign shows nothing are not read.
    """
    if not kinds:
        return corpus
    return _redacted(corpus, _Book(frozenset(kinds)))


def _redacted(corpus: Corpus, book: _Book) -> Corpus:
    turns, examples = corpus.turns, corpus.examples
    touched: set[int] = set()
    for column, json in _OF_TURNS.items():
        book.turn(column)
        turns = _without(turns, column, json, book, touched)
    for column, json in _OF_EXAMPLES.items():
        book.turn(column)
        examples = _without(examples, column, json, book, touched)
    book.turn("originals")
    originals = corpus.originals
    hit = pl.col("example").is_in(sorted(touched))
    raw = pl.when(hit).then(pl.col("raw").map_elements(book.raw, pl.Binary)).otherwise(pl.col("raw"))
    if touched:
        originals = originals.with_columns(raw)
    book.turn("unreadable")
    unread = corpus.unreadable.with_columns(pl.col("raw").map_elements(book.raw, pl.Binary))
    return replace(
        corpus,
        turns=turns,
        examples=examples,
        originals=originals,
        unreadable=unread if unread.height else corpus.unreadable,
        redactions=book.table(),
    )


#: What is met where: kind, what its spellings share, the value as it was first met, and how often, by place.
Met = dict[str, list[tuple[str, str, str, int]]]


def met(corpus: Corpus, kinds: Sequence[str]) -> Met:
    """The values of these kinds in a part of a corpus, in the order in which `redacted` meets them."""
    book = _Book(frozenset(kinds))
    _redacted(corpus, book)
    return book.met()


def merged(parts: Sequence[Met], kinds: Sequence[str]) -> pl.DataFrame:
    """REDACTIONS of a whole corpus, with key: what `redacted` makes of it. parts: `met` of its parts, in order."""
    book = _Book(frozenset(kinds))
    for place in (*_OF_TURNS, *_OF_EXAMPLES, "originals", "unreadable"):
        for part in parts:
            for kind, key, value, times in part.get(place, ()):
                book.note(kind, key, value, times)
    return book.table().with_columns(key=pl.Series([key for _, key in book.names], dtype=pl.String))


def redacted_as(corpus: Corpus, kinds: Sequence[str], known: pl.DataFrame) -> Corpus:
    """A part of a corpus with the placeholders that `merged` gave the values of the whole."""
    book = _Book(frozenset(kinds))
    for kind, key, value in known.select("kind", "key", "value").iter_rows():
        book.note(kind, key, value, 0)
    return _redacted(corpus, book)


def keep(redactions: pl.DataFrame, run: Path) -> Path | None:
    """Writes what the placeholders of a run stand for, beside it, readable by its owner alone; None: there are none."""
    if not redactions.height:
        return None
    path = run.with_name(f"{run.name}.redactions.jsonl")
    part = path.with_name(f".{path.name}.{os.getpid()}.partial")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.writelines(orjson.dumps(row) + b"\n" for row in redactions.iter_rows(named=True))
    part.replace(path)
    return path


def _without(frame: pl.DataFrame, column: str, json: bool, book: _Book, touched: set[int]) -> pl.DataFrame:
    """The frame with placeholders in a column; adds the rows where there are any to `touched`."""
    # In JSON a number may be a card, with no word beside it.
    texts = frame.lazy().select("example", content=pl.col(column)).with_row_index("at")
    marked = signed(texts).filter(is_marked()).drop("signs").collect()
    rows = marked if json else marked.filter(may_hold())
    change = book.json if json else book.text
    changed = {
        at: said
        for at, content in rows.select("at", "content").iter_rows()
        if content and (said := change(content)) != content
    }
    if not changed:
        return frame
    places = pl.Series(list(changed), dtype=pl.UInt32)
    touched |= set(frame["example"].gather(places))
    return frame.with_columns(frame[column].clone().scatter(places, list(changed.values())))


@dataclass
class _Book:
    """Which placeholder stands for which value, in the order in which they were met."""

    kinds: frozenset[str]
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    counting: bool = True
    place: str = ""
    seen: dict[tuple[str, str, str], tuple[str, int]] = field(default_factory=dict)

    def turn(self, place: str) -> None:
        """What follows is met there."""
        self.place = place

    def met(self) -> Met:
        found: Met = {}
        for (place, kind, key), (value, times) in self.seen.items():
            found.setdefault(place, []).append((kind, key, value, times))
        return found

    def note(self, kind: str, key: str, value: str, times: int) -> str:
        """The placeholder of a value, which was met so often once more."""
        if (kind, key) not in self.names:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.names[kind, key] = f"[{kind.upper()}_{self.counts[kind]}]"
            self.values[self.names[kind, key]] = value
        name = self.names[kind, key]
        self.times[name] = self.times.get(name, 0) + times
        return name

    def text(self, content: str) -> str:
        secrets = [one for one in found_in(content, anyone=True) if one.kind in self.kinds]
        for secret in sorted(secrets, key=lambda one: -one.value[0]):
            start, end = secret.value
            content = f"{content[:start]}{self._placeholder(secret.kind, content[start:end])}{content[end:]}"
        return content

    def json(self, content: str) -> str:
        """JSON text with placeholders in its texts; a number that is a secret becomes a text."""
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError:
            return self.text(content)
        changed = _walk(value, self._leaf)
        return content if changed == value else orjson.dumps(changed).decode()

    def raw(self, content: bytes) -> bytes:
        """An original, which says once more what the columns said."""
        self.counting = False
        text = self.json(content.decode("utf-8", "surrogateescape"))
        self.counting = True
        return text.encode("utf-8", "surrogateescape")

    def table(self) -> pl.DataFrame:
        rows = [(name, kind, self.values[name], self.times[name]) for (kind, _), name in self.names.items()]
        return pl.DataFrame(rows, schema=REDACTIONS, orient="row")

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int):
            return value
        said = str(value)
        if isinstance(value, str) and said[:1] in ("{", "["):
            return self.json(said)
        changed = self.text(said)
        return value if changed == said else changed

    def _placeholder(self, kind: str, value: str) -> str:
        key = _same(kind, value)
        first, times = self.seen.get((self.place, kind, key), (value, 0))
        self.seen[self.place, kind, key] = first, times + self.counting
        return self.note(kind, key, value, int(self.counting))


def _same(kind: str, value: str) -> str:
    """What two spellings of one value share."""
    if kind in ("card", "iban", "ssn", "phone"):
        return re.sub(r"[^\w+]", "", value).upper()
    return value.lower() if kind == "email" else value


def _walk(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with its leaves changed; names of fields stay. Not by recursion: nesting is the data's, not ours."""
    top: list[Any] = [value]
    waiting: list[tuple[Any, Any]] = [(top, 0)]
    while waiting:
        holder, place = waiting.pop()
        inner = holder[place]
        if isinstance(inner, dict):
            holder[place] = inner = dict(inner)
            waiting += [(inner, name) for name in reversed(inner)]
        elif isinstance(inner, list):
            holder[place] = inner = list(inner)
            waiting += [(inner, number) for number in reversed(range(len(inner)))]
        else:
            holder[place] = change(inner)
    return top[0]


def figures(redactions: pl.DataFrame) -> dict[str, dict[str, int]]:
    """By kind how many values were replaced, in how many places."""
    by_kind: Iterable[tuple[str, int, int]] = (
        redactions.group_by("kind", maintain_order=True)
        .agg(pl.len(), pl.col("times").sum())
        .sort("kind")
        .iter_rows()
    )
    return {kind: {"values": values, "places": places} for kind, values, places in by_kind}
