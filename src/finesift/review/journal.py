"""The journal of a review: every decision a line, never changed, each holding the hash of the line before.

Whoever acts waits until the line is on the disk. Several tabs, people and programs may write to one journal: it is
locked while a line is added, and what others added is read first. A line that was cut off by a crash was never
acknowledged: it is cut away by the next writer, and whoever sent it sends it again under its key, which stands in
the journal once.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import orjson
import polars as pl

from finesift.errors import RunError, UsageError

NAME = "decisions.jsonl"
ACTS = ("decide", "undo", "note")
#: What a person may say of a row; "skip" decides nothing.
SAID = ("keep", "review", "set_aside", "skip")
FIRST = "0" * 64  # stands before the first line

JUDGEMENTS = pl.Schema(
    {
        "number": pl.UInt32,  # of the journal's line
        "id": pl.String,
        "by": pl.String,
        "outcome": pl.String,
        "why": pl.String,
        "edited": pl.Boolean,
        "lot": pl.String,  # that the row was drawn from; null: it was chosen, not drawn
        "showing": pl.UInt8,  # 0: the first time that this person saw it
        "seconds": pl.Float64,
        "when": pl.String,
    }
)


@dataclass(frozen=True)
class Entry:
    """One line. edits: corrected texts by message, as {"turn": …, "content": …}."""

    number: int
    key: str  # names the act: sent twice, it is written once
    act: str
    id: str | None
    outcome: str | None
    why: str | None
    by: str
    when: str
    seconds: float
    version: str | None  # of the row, as the person saw it
    lot: str | None
    showing: int
    previous: str
    also: list[str] = field(default_factory=list)  # rows that were decided with this one, as one step
    edits: list[dict[str, Any]] = field(default_factory=list)
    undoes: int | None = None

    @property
    def line(self) -> bytes:
        return orjson.dumps(asdict(self))

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.line).hexdigest()

    @property
    def ids(self) -> list[str]:
        return [] if self.id is None else [self.id, *self.also]


class Journal:
    """A journal on disk, and what it says. Raises RunError where its chain does not hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self.by_key: dict[str, Entry] = {}
        self.undone: set[int] = set()
        self._read_to = 0
        self._lock = threading.Lock()
        self.refresh()

    @property
    def head(self) -> str:
        return self.entries[-1].hash if self.entries else FIRST

    def live(self) -> Iterator[Entry]:
        """What was decided and not undone, in order."""
        return (e for e in self.entries if e.act == "decide" and e.number not in self.undone)

    def refresh(self) -> int:
        """Reads what was added meanwhile; returns how many lines that was. A line without its end is left alone."""
        if not self.path.is_file():
            return 0
        with self._lock, self.path.open("rb") as file:
            return self._follow(file)

    def append(
        self, *, key: str, act: str, by: str, guard: Callable[[], None] | None = None, **said: Any
    ) -> tuple[Entry, bool]:
        """Adds a line and waits for the disk. Returns it, and whether it is new: a key is written once.

        said: further fields of `Entry`. guard: called when all that others added is known; raises to refuse.
        Raises RunError where the disk refuses, and UsageError where `undoes` names nothing that can be undone.
        """
        try:
            with self._lock, self.path.open("a+b") as file, _locked(file):
                file.seek(self._read_to)
                self._follow(file)
                if (known := self.by_key.get(key)) is not None:
                    return known, False
                if guard is not None:
                    guard()
                if act == "undo":
                    self._refuse_undone(said.get("undoes"), by)
                entry = self._next(key=key, act=act, by=by, **said)
                file.truncate(self._read_to)  # what a crash cut off
                file.seek(self._read_to)
                file.write(entry.line + b"\n")
                file.flush()
                os.fsync(file.fileno())
                self._note(entry)
                self._read_to += len(entry.line) + 1
                return entry, True
        except OSError as e:
            raise RunError(
                f"{self.path}: the decision could not be written ({e.strerror}).",
                hint="Make room, and go on.",
            ) from e

    def _next(self, *, key: str, act: str, by: str, **said: Any) -> Entry:
        blank: dict[str, Any] = dict.fromkeys(("id", "outcome", "why", "version", "lot"))
        facts: dict[str, Any] = {
            "number": len(self.entries) + 1,
            "when": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "previous": self.head,
            "seconds": 0.0,
            "showing": 0,
        }
        return Entry(key=key, act=act, by=by, **blank | facts | said)

    def _refuse_undone(self, number: int | None, by: str) -> None:
        found = self.entries[number - 1] if number and number <= len(self.entries) else None
        if found is None or found.act != "decide" or found.by != by or number in self.undone:
            raise UsageError(f"line {number} of the journal is nothing that {by} can undo.")

    def _follow(self, file: IO[bytes]) -> int:
        before = len(self.entries)
        file.seek(self._read_to)
        for line in file:
            if not line.endswith(b"\n"):
                break
            entry = parsed(line, f"{self.path}:{len(self.entries) + 1}")
            if entry.number != len(self.entries) + 1 or entry.previous != self.head:
                raise RunError(
                    f"{self.path}:{len(self.entries) + 1}: does not follow from the line before it: "
                    "one was changed or taken out.",
                    hint="Put the journal back as it was written.",
                )
            self._note(entry)
            self._read_to += len(line)
        return len(self.entries) - before

    def _note(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.by_key[entry.key] = entry
        if entry.undoes is not None:
            self.undone.add(entry.undoes)


def parsed(line: bytes, where: str) -> Entry:
    """A line of a journal. Raises RunError where it is none."""
    try:
        entry = Entry(**orjson.loads(line))
        if entry.act not in ACTS or entry.outcome not in (None, *SAID):
            raise ValueError(f"{entry.act} {entry.outcome}")
    except (orjson.JSONDecodeError, TypeError, ValueError) as e:
        raise RunError(f"{where}: is no line of a journal ({e}).") from e
    return entry


def is_journal(path: Path) -> bool:
    """Whether a file begins as a journal does: other lists of decisions are no chain."""
    try:
        with path.open("rb") as file:
            first = orjson.loads(file.readline())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(first, Mapping) and {one.name for one in fields(Entry)} <= first.keys()


def place_of(run: Path, named: str | None) -> Path:
    """Where the decisions on a run's rows go: to the journal that the recipe names, else to one in the run's folder."""
    return Path(named) if named is not None and is_journal(Path(named)) else run / NAME


def judgements(journal: Journal) -> pl.DataFrame:
    """JUDGEMENTS: the last word of each person on each row, for each time that it was shown."""
    said: dict[tuple[str, str, int], dict[str, Any]] = {}
    for entry in journal.live():
        if entry.outcome == "skip":
            continue
        for id_ in entry.ids:
            own = id_ == entry.id
            said[id_, entry.by, entry.showing] = {
                "number": entry.number,
                "id": id_,
                "by": entry.by,
                "outcome": entry.outcome,
                "why": entry.why,
                "edited": any(edit.get("id", entry.id) == id_ for edit in entry.edits),
                "lot": entry.lot if own else None,
                "showing": entry.showing,
                "seconds": entry.seconds if own else 0.0,
                "when": entry.when,
            }
    return pl.DataFrame(list(said.values()), schema=JUDGEMENTS)


def settled(journal: Journal) -> pl.DataFrame:
    """id, outcome, by, why: what holds of each row. The last word of each person counts once; what most of them say
    holds, and a row on which they are evenly split is for review."""
    said = judgements(journal).sort("number").unique(["id", "by"], keep="last", maintain_order=True)
    if not said.height:
        return said.select("id", "outcome", "by", "why")
    votes = said.group_by("id", "outcome").agg(
        pl.len(), pl.col("by"), pl.col("why").drop_nulls().last(), last=pl.col("number").max()
    )
    ranked = votes.sort("len", "last", descending=True)
    most = ranked.group_by("id", maintain_order=True).agg(
        pl.col("outcome").first(),
        pl.col("by").first().list.sort().list.join(", "),
        pl.col("why").first(),
        split=(pl.col("len") == pl.col("len").max()).sum() > 1,
        all=pl.format("{}: {}", pl.col("by").list.sort().list.join(", "), "outcome").sort().str.join("; "),
        last=pl.col("last").max(),
    )
    return most.sort("last").select(
        "id",
        outcome=pl.when("split").then(pl.lit("review")).otherwise("outcome"),
        by=pl.when("split").then(pl.lit("several people")).otherwise("by"),
        why=pl.when("split").then(pl.format("they disagree: {}", "all")).otherwise("why"),
    )


def edits(journal: Journal) -> dict[str, dict[int, tuple[str, Entry]]]:
    """Corrected texts by row and message, each with the entry that says who and why; the last correction counts."""
    found: dict[str, dict[int, tuple[str, Entry]]] = {}
    for entry in journal.live():
        for edit in entry.edits:
            found.setdefault(str(edit.get("id", entry.id)), {})[edit["turn"]] = (edit["content"], entry)
    return found


@contextmanager
def _locked(file: IO[bytes]) -> Iterator[None]:
    """The file is this process's alone for the block."""
    if os.name == "posix":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
        return
    import msvcrt

    file.seek(1 << 40)  # beyond any end: the lines stay readable to others
    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
    try:
        yield
    finally:
        file.seek(1 << 40)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]
