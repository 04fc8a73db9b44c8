"""Rows that are known, found again in the tokens of a batch: whole, one after another, or in part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from finesift.chat.batches import Flags, Ids

# A row is recognised by runs of this many tokens, taken at each multiple of it within the row.
SEED = 8
# A run that more rows have tells nothing about which row it is.
COMMON = 8
# Places that are tried when a sequence is cut into whole rows, before it is taken to hold parts of rows.
_TRIES = 20_000
_BASE = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Match:
    """Tokens start to end of a sequence are those of a row from `offset` on. tied: and of another row, too."""

    row: int
    start: int
    end: int
    offset: int
    tied: bool = False


class Known:
    """The rows' tokens. prefer: of rows that fit as well as one another, the least of this key is meant."""

    def __init__(self, rows: Sequence[Ids], prefer: Callable[[Match], tuple[int, ...]]) -> None:
        self.rows = rows
        self.prefer = prefer
        longest = max((len(row) for row in rows), default=0)
        with np.errstate(over="ignore"):
            self._powers = np.cumprod(np.full(longest + 1, _BASE, np.uint64))
        self._sums = [self._summed(row) for row in rows]
        whole: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            whole[len(row), int(self._sums[number][-1])].append(number)
        self._whole = dict(whole)
        self._lengths = np.array(sorted({len(row) for row in rows}), np.int64)
        self._begun: dict[int, dict[int, list[int]]] = {}
        self._seeds = self._telling_runs()
        telling = {number for owners in self._seeds.values() for number, _ in owners}
        # Rows that no run of tokens tells from others, such as those that are very short.
        self._plain = [number for number in range(len(rows)) if number not in telling]

    def is_whole(self, ids: Ids, start: int, end: int) -> Match | None:
        """The row that these tokens are, no more and no less."""
        owners = self._whole.get((end - start, int(self._summed(ids[start:end])[-1])), ())
        return self._best([Match(n, start, end, 0) for n in owners], ids)

    def begins(self, ids: Ids, start: int, end: int) -> Match | None:
        """The row that these tokens begin, and that goes on."""
        return self._best(self._beginning(ids, start, end), ids)

    def beginning(self, ids: Ids) -> list[int]:
        """All rows that these tokens begin, and that go on."""
        found = self._beginning(ids, 0, len(ids))
        return [match.row for match in found if np.array_equal(self.rows[match.row][: len(ids)], ids)]

    def _beginning(self, ids: Ids, start: int, end: int) -> list[Match]:
        size = end - start
        if size not in self._begun:
            begun: dict[int, list[int]] = defaultdict(list)
            for number, sums in enumerate(self._sums):
                if len(sums) > size + 1:
                    begun[int(sums[size])].append(number)
            self._begun[size] = begun
        owners = self._begun[size].get(int(self._summed(ids[start:end])[-1]), ())
        return [Match(n, start, end, 0) for n in owners]

    def tiled(self, ids: Ids, start: int, end: int) -> list[Match] | None:
        """Whole rows that one after another are these tokens; None: they are not."""
        lengths = self._lengths[self._lengths <= end - start]
        if not len(lengths) or not len(self.rows):
            return None
        sums = self._summed(ids[start:end])
        dead: set[int] = set()
        path: list[tuple[int, list[int]]] = []
        at = 0
        options = self._ending(sums, at, lengths)
        for _ in range(_TRIES):
            if options:
                path.append((at, options))
                at += options[-1]
                if at == len(sums) - 1:
                    return self._read(path, ids, start)
                options = [] if at in dead else self._ending(sums, at, lengths)
                continue
            dead.add(at)
            if not path:
                return None
            at, options = path.pop()
            options = options[:-1]
        return None

    def _ending(self, sums: NDArray[np.uint64], at: int, lengths: Ids) -> list[int]:
        """Lengths of rows that stand whole at this place, the shortest first."""
        fit = lengths[lengths <= len(sums) - 1 - at]
        with np.errstate(over="ignore"):
            # What is between two places, moved to the beginning.
            found = (sums[at + fit] - sums[at]) * self._inverse(at)
        return [
            size
            for size, number in zip(fit.tolist(), found.tolist(), strict=True)
            if (size, number) in self._whole
        ]

    def _inverse(self, at: int) -> np.uint64:
        """Of the base's power: odd numbers have one modulo 2 ** 64."""
        return np.uint64(pow(int(_BASE), -at, 1 << 64))

    def _read(self, path: Sequence[tuple[int, list[int]]], ids: Ids, start: int) -> list[Match] | None:
        found = []
        for at, options in path:
            match = self.is_whole(ids, start + at, start + at + options[-1])
            if match is None:
                return None
            found.append(match)
        return found

    def _summed(self, ids: Ids) -> NDArray[np.uint64]:
        """Sums by which any stretch of the tokens is compared at once: uint64 [T + 1]."""
        if len(ids) >= len(self._powers):
            with np.errstate(over="ignore"):
                self._powers = np.cumprod(np.full(2 * len(ids), _BASE, np.uint64))
        with np.errstate(over="ignore"):
            mixed = (ids.astype(np.uint64) + np.uint64(1)) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
            sums = np.zeros(len(ids) + 1, np.uint64)
            np.cumsum(mixed * self._powers[: len(ids)], out=sums[1:])
        return sums

    def _best(self, found: Sequence[Match], ids: Ids) -> Match | None:
        same = [
            one
            for one in found
            if np.array_equal(
                self.rows[one.row][one.offset : one.offset + one.end - one.start], ids[one.start : one.end]
            )
        ]
        return min(same, key=self.prefer, default=None)

    def matches(self, ids: Ids, begin: int, end: int) -> Iterator[Match]:
        """Parts of rows, in order, without overlap."""
        while begin < end and (best := self._telling(ids[:end], begin)):
            yield best
            begin = best.end

    def _telling(self, ids: Ids, begin: int) -> Match | None:
        """The row that the first telling run of tokens belongs to, stretched as far as it is the row's."""
        for at in range(begin, len(ids) - SEED + 1):
            owners = self._seeds.get(ids[at : at + SEED].tobytes())
            if owners:
                found = [self._stretched(ids, begin, at, number, place) for number, place in owners]
                best = min(found, key=self._order)
                same = [one for one in found if (one.start, one.end) == (best.start, best.end)]
                return replace(best, tied=len(same) > 1)
        return self._short(ids, begin)

    def _order(self, match: Match) -> tuple[int, ...]:
        """Long ones first, then whole rows."""
        size = match.end - match.start
        return (-size, int(size < len(self.rows[match.row])), *self.prefer(match))

    def _stretched(self, ids: Ids, begin: int, at: int, number: int, place: int) -> Match:
        row = self.rows[number]
        back = min(at - begin, place)
        same = ids[at - back : at] == row[place - back : place]
        # Back to the last token that differs.
        back = back if same.all() else back - 1 - int(np.flatnonzero(~same)[-1])
        ahead = min(len(ids) - at, len(row) - place)
        same = ids[at : at + ahead] == row[place : place + ahead]
        ahead = ahead if same.all() else int(np.flatnonzero(~same)[0])
        return Match(number, at - back, at + ahead, place - back)

    def _short(self, ids: Ids, begin: int) -> Match | None:
        """A row without a telling run of tokens, such as "Hi": it must stand there whole."""
        rest = ids[begin:]
        for number in self._plain:
            row = self.rows[number]
            for at in np.flatnonzero(rest[: max(0, len(rest) - len(row) + 1)] == row[0]).tolist():
                if np.array_equal(rest[at : at + len(row)], row):
                    return Match(number, begin + at, begin + at + len(row), 0)
        return None

    def holding(self, ids: Ids) -> list[int]:
        """All rows that hold these tokens in a run."""
        part = ids.tobytes()
        return [number for number, row in enumerate(self.rows) if stands_in(row.tobytes(), part)]

    def _telling_runs(self) -> dict[bytes, list[tuple[int, int]]]:
        seeds: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        for number, row in enumerate(self.rows):
            # The last run of a row may tell where none before it does.
            for at in {*range(0, len(row) - SEED + 1, SEED), max(0, len(row) - SEED)}:
                owners = seeds[row[at : at + SEED].tobytes()]
                if len(owners) <= COMMON:
                    owners.append((number, at))
        return {seed: owners for seed, owners in seeds.items() if len(owners) <= COMMON}


def stands_in(whole: bytes, part: bytes) -> bool:
    """Whether the part stands in the whole at a token's beginning. A token takes 8 bytes."""
    return place_in(whole, part) >= 0


def place_in(whole: bytes, part: bytes) -> int:
    """The token at which the part first stands in the whole; -1 where it does not."""
    at = whole.find(part)
    while at >= 0 and at % 8:
        at = whole.find(part, at + 1)
    return at // 8


def flags(size: int, matches: Sequence[Match]) -> Flags:
    """Which tokens some match covers."""
    covered = np.zeros(size, bool)
    for match in matches:
        covered[match.start : match.end] = True
    return covered
