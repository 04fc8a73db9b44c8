"""An audit of what a trainer really trains: its batches beside the masks that are proved.

    found = finesift.audit(trainer.get_train_dataloader(), "run")
    print(found)
    assert found.ok

Rows are kept apart as the batch says: by position_ids that begin again, seq_idx, cu_seq_lens_q, or an attention mask
of a packed kind. Only where it says nothing are they told by what they say: as whole rows one after another, and then
by runs of token ids, padded on either side, cut, or behind a second BOS. Each token of a row is then trained as the
proof has it, or it is not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finesift.chat.batches import Ids, Packed, packed_in
from finesift.chat.conversations import conversations
from finesift.chat.known import SEED, Known, Match, flags, place_in, stands_in
from finesift.chat.mask import IGNORED, Masker
from finesift.chat.spans import EVERYTHING, Wanted
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus

#: What can be wrong, most harmful first: name, and what it does.
FAULTS: dict[str, str] = {
    "all_masked": "no token of the row is trained, though it has an answer",
    "end_not_trained": "the token that ends the answer is not trained: the model never learns to stop",
    "end_cut": "truncation cut the end of the answer off: the model never learns to stop",
    "answer_not_trained": "tokens of the answer are not trained",
    "prompt_trained": "tokens of the prompt are trained: the model learns to write its own prompt",
    "double_bos": "two BOS tokens begin the row; inference sends one",
    "padding_trained": "padding is trained",
    "labels_differ": "a label is neither the token in its place nor masked",
    "labels_shifted": "labels are shifted by one; the model shifts them itself",
    "packed_without_boundaries": "rows share a sequence, and position_ids do not begin again: rows see one another",
    "unknown_trained": "tokens are trained that are no row's",
    "never_seen": "rows of the training set never came",
}


@dataclass(frozen=True)
class Expected:
    """A row as it is proved. ids: int64 [T]; trained: bool [T]; name: to find it again."""

    name: str
    ids: Ids
    trained: NDArray[np.bool_]


@dataclass
class Fault:
    """rows: rows (or sequences, of what is no row's) that have it. first: the first of them, by name."""

    name: str
    rows: int = 0
    tokens: int = 0
    first: list[str] = field(default_factory=list)

    @property
    def message(self) -> str:
        return FAULTS[self.name]


@dataclass
class Audit:
    """What was found. ok: no fault.

    ambiguous: rows of which a part may have come or not: it came, but other rows have the same.
    """

    faults: list[Fault] = field(default_factory=list)
    sequences: int = 0
    tokens: int = 0
    trained: int = 0
    rows: int = 0
    seen: int = 0
    ambiguous: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults

    @property
    def exit_code(self) -> int:
        return 0 if self.ok else 1

    def __str__(self) -> str:
        head = (
            f"{self.sequences:,} sequences, {self.tokens:,} tokens, {self.trained:,} trained; "
            f"{self.seen:,} of {self.rows:,} rows seen"
        )
        if self.ambiguous:
            told = ", ".join(self.ambiguous[:3])
            head += f"\n{len(self.ambiguous):,} rows are ambiguous (first: {told}): what others say too may be theirs"
        if self.ok:
            return f"{head}: what is trained is what was proved."
        lines = [head, f"{'fault':<26} {'rows':>9} {'tokens':>11}  what it does"]
        for fault in self.faults:
            lines.append(f"{fault.name:<26} {fault.rows:>9,} {fault.tokens:>11,}  {fault.message}")
            lines.append(f"{'':<26} {'':>9} {'':>11}  first: {', '.join(fault.first)}")
        return "\n".join(lines)


def expected(corpus: Corpus, tokenizer: Tokenizer, wanted: Wanted = EVERYTHING) -> list[Expected]:
    """The rows of a corpus with their proved masks; of a preference pair, both sides."""
    names = [
        f"{Path(source).name}:{row}" for source, row in corpus.examples.select("source", "row").iter_rows()
    ]
    return [
        Expected(names[one.conversation.row], one.ids.astype(np.int64), one.trained)
        for one in Masker(tokenizer, wanted, by_kind=True).mask(conversations(corpus))
        if len(one.ids)
    ]


def compare(
    batches: Iterable[Mapping[str, Any]],
    rows: Sequence[Expected],
    *,
    bos: int | None = None,
    partial: bool = False,
) -> Audit:
    """Compares batches with rows.

    batches: mappings with input_ids and labels, each [rows, tokens] as lists, arrays or tensors on the CPU; optionally
    attention_mask, also of packed kinds ([rows, tokens] with the number of each sequence, or [rows, tokens, tokens]),
    position_ids, seq_idx and cu_seq_lens_q, which say where rows begin. bos: the id that only the beginning of a row
    has, if any. partial: not all batches of an epoch, so rows may be missing. Raises InputError where a batch is not
    of that form.
    """
    auditor = _Auditor(rows, bos)
    for number, batch in enumerate(batches):
        for place, sequence in enumerate(packed_in(batch, number)):
            auditor.look(sequence, f"batch {number} sequence {place}")
    return auditor.result(partial=partial)


class _Auditor:
    def __init__(self, rows: Sequence[Expected], bos: int | None) -> None:
        self.rows = rows
        self.bos = bos
        self.found = Audit(rows=len(rows))
        self._faults: dict[str, Fault] = {}
        # Per row: which of its tokens came, and the faults that it has already.
        self._came = [np.zeros(len(row.ids), bool) for row in rows]
        self._said: set[tuple[str, str]] = set()
        self._rests: list[tuple[str, Packed]] = []
        self._begun: list[tuple[str, Packed]] = []
        self._perhaps: set[int] = set()
        self._untold = False  # whether a sequence did not say where its rows begin
        self._trained = np.zeros(0, bool)  # of the sequence that is looked at
        # How often each token is proved to be trained, less how often it was.
        trained = [row.ids[row.trained] for row in rows]
        self._owed = np.bincount(np.concatenate(trained)) if trained else np.zeros(0, np.int64)
        # How often each token stands in the rows, less how often it came; and parts of rows that all came already.
        self._stock = (
            np.bincount(np.concatenate([row.ids for row in rows])) if rows else np.zeros(0, np.int64)
        )
        self._strangers = False
        self._spare: list[tuple[str, Packed]] = []
        self.known = Known([row.ids for row in rows], self._prefer)

    def _prefer(self, match: Match) -> tuple[int, ...]:
        """Of rows with the same tokens: one that is trained as here, then one that did not come yet, then the first."""
        row = self.rows[match.row]
        wanted = row.trained[match.offset : match.offset + match.end - match.start]
        given = self._trained[match.start : match.end]
        came = self._came[match.row][match.offset : match.offset + len(wanted)].any()
        return (int(not np.array_equal(wanted, given)), int(came), match.row)

    def look(self, sequence: Packed, name: str) -> None:
        ids, labels = sequence.ids, sequence.labels
        trained = self._trained = labels != IGNORED
        self.found.sequences += 1
        self.found.tokens += int(sequence.real.sum())
        self.found.trained += int(trained.sum())
        if trained.any() and not np.array_equal(labels[trained], ids[trained]):
            shifted = np.array_equal(labels[:-1][trained[:-1]], ids[1:][trained[:-1]])
            wrong = trained & (labels != ids)
            self._fault("labels_shifted" if shifted else "labels_differ", name, int(wrong.sum()))
        if (padding := int((trained & ~sequence.real).sum())) > 0:
            self._fault("padding_trained", name, padding)
        own = ids[trained & sequence.real]
        np.subtract.at(self._owed, own[(own >= 0) & (own < len(self._owed))], 1)
        came = ids[sequence.real]
        within = (came >= 0) & (came < len(self._stock))
        np.subtract.at(self._stock, came[within], 1)
        self._strangers |= not within.all()
        self._untold |= sequence.starts is None
        for start, end in sequence.segments():
            self._segment(sequence, start, end, name)

    def _segment(self, sequence: Packed, start: int, end: int, name: str) -> None:
        """A stretch that the batch keeps apart, or all of a sequence where it says nothing."""
        ids = sequence.ids
        match = self.known.is_whole(ids, start, end) or (
            None if sequence.starts is None else self.known.begins(ids, start, end)
        )
        matches = [match] if match else self.known.tiled(ids, start, end)
        if matches is None:
            matches = self._parts(sequence, start, end, name)
        else:
            for match in matches:
                self._row(match, sequence, start)
        for match in matches:
            if match.offset == 0 and match.start > start:
                self._fault("packed_without_boundaries", self.rows[match.row].name, match.end - match.start)

    def _parts(self, sequence: Packed, start: int, end: int, name: str) -> list[Match]:
        """What is no whole row: cut, behind a second BOS, with more beside it, or no row at all."""
        ids, labels = sequence.ids, sequence.labels
        matches = list(self.known.matches(ids, start, end))
        alone = len(matches) == 1
        if matches and matches[0].offset > 0:
            # The end of a row that begins in another sequence, and perhaps like the end of others.
            matches.pop(0)
        for match in matches:
            size = match.end - match.start
            if match.tied and match.end == end and match.offset == 0 and size < len(self.rows[match.row].ids):
                # The beginning of several rows: which it is, its rest may tell.
                own = slice(match.start, match.end)
                self._begun.append(
                    (name, Packed(ids[own].copy(), labels[own].copy(), sequence.real[own], None))
                )
            else:
                self._row(match, sequence, start)
        covered = flags(len(ids), matches) | ~sequence.real
        # What stands at an edge may be the rest of a row that another sequence has: see `result`.
        strange = start + np.flatnonzero(~covered[start:end])
        for edge in (strange[: _run(strange)], strange[len(strange) - _run(strange[::-1]) :]):
            if len(edge) and not covered[edge[0]]:
                self._rests.append((name, Packed(ids[edge], labels[edge], sequence.real[edge], None)))
                covered[edge] = True
        # An unmatched token beside a row, such as an end of text, counts too.
        unknown = (labels != IGNORED) & ~covered
        for run in _runs(start + np.flatnonzero(unknown[start:end])):
            self._set_apart(name, sequence, run)
        return [] if alone else matches

    def _row(self, match: Match, sequence: Packed, begins: int) -> None:
        """begins: where the stretch begins that the match stands in."""
        row = self.rows[match.row]
        wanted = row.trained[match.offset : match.offset + match.end - match.start]
        given = sequence.labels[match.start : match.end] != IGNORED
        self._came[match.row][match.offset : match.offset + len(wanted)] = True
        if self.bos is not None and match.offset == 0 and match.start > 0 and row.ids[0] == self.bos:
            before = sequence.ids[match.start - 1]
            if before == self.bos and sequence.real[match.start - 1]:
                self._fault("double_bos", row.name, 1)
        if prompt := int((given & ~wanted).sum()):
            self._fault("prompt_trained", row.name, prompt)
        missing = wanted & ~given
        if match.offset > 0 and match.start == begins:
            # Nothing predicts the first token of a sequence, whatever its label.
            missing[0] = False
        if not missing.any():
            return
        if not given.any() and row.trained.sum() == wanted.sum():
            self._fault("all_masked", row.name, int(missing.sum()))
            return
        # The last token of each trained span ends its answer.
        ends = np.flatnonzero(row.trained & ~np.append(row.trained[1:], False)) - match.offset
        ends = ends[(ends >= 0) & (ends < len(wanted))]
        if missing[ends].any():
            self._fault("end_not_trained", row.name, int(missing[ends].sum()))
            missing[ends] = False
        if missing.any():
            self._fault("answer_not_trained", row.name, int(missing.sum()))

    def result(self, *, partial: bool) -> Audit:
        self._begin()
        # Long ones first: what is short can only be told by what the row has already.
        self._join([one for one in self._rests if len(one[1].ids) >= SEED])
        self._join([one for one in self._rests if len(one[1].ids) < SEED])
        self._account()
        # Parts of rows at the edges of sequences, apart from one another.
        loose = (b"\xff" * 8).join(rest.ids.tobytes() for _, rest in (*self._rests, *self._begun))
        all_came = not (self._owed > 0).any()
        if all_came and self.found.trained == sum(int(row.trained.sum()) for row in self.rows):
            # All that was trained is what was to be trained: what could not be told was a part of some row.
            self._faults.pop("unknown_trained", None)
        came_whole = {_content(row) for row, came in zip(self.rows, self._came, strict=True) if came.all()}
        for number, (row, came) in enumerate(zip(self.rows, self._came, strict=True)):
            lost = int((row.trained & ~came).sum())
            if came.any() or _content(row) in came_whole:
                self.found.seen += 1  # one of several equal rows stands for all
            if lost == 0 or _content(row) in came_whole:
                continue
            # Where every token was trained as often as is proved, nothing was cut; it was only taken for another's.
            elsewhere = self._untold and (all_came or self._is_elsewhere(number, loose))
            if elsewhere or number in self._perhaps:
                self.found.ambiguous.append(row.name)
            elif came.any():
                self._fault("end_cut", row.name, lost)
            elif not partial:
                self._fault("never_seen", row.name, len(row.ids))
        self.found.faults = [self._faults[name] for name in FAULTS if name in self._faults]
        return self.found

    def _is_elsewhere(self, number: int, loose: bytes) -> bool:
        """Whether what a row lacks came all the same: in a part that was taken for another's, or within a row that
        came, as two rows side by side may be a third."""
        ids, missing = self.rows[number].ids, np.flatnonzero(~self._came[number])
        if len(missing) == len(ids):
            owners = self.known.holding(ids)
            return any(self._came[owner].all() for owner in owners if owner != number)
        return all(stands_in(loose, ids[run].tobytes()) for run in _runs(missing))

    def _join(self, rests: list[tuple[str, Packed]]) -> None:
        """Gives the rests of rows, which sequences begin and end with, to the rows that lack them.

        First those that complete a row; of a row in three sequences, the middle one then goes on with it.
        """
        lacking: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        goes_on: dict[int, list[int]] = defaultdict(list)
        for number, came in enumerate(self._came):
            missing = np.flatnonzero(~came)
            if not came.any() or not len(missing):
                continue
            ids = self.rows[number].ids
            runs = _runs(missing)
            for part in runs[:1] + runs[1:][-1:]:
                lacking[ids[part].tobytes()].append((number, int(part[0])))
                goes_on[int(ids[part[0]])].append(number)
        left: list[tuple[str, Packed]] = []
        for name, rest in rests:
            if owners := lacking.get(rest.ids.tobytes()):
                self._give(*owners.pop(), rest)
            else:
                left.append((name, rest))
        for name, rest in left:
            for number in goes_on[int(rest.ids[0])]:
                missing = np.flatnonzero(~self._came[number])
                if len(missing) and np.array_equal(
                    self.rows[number].ids[missing[0] :][: len(rest.ids)], rest.ids
                ):
                    self._give(number, int(missing[0]), rest)
                    break
            else:
                self._leave(name, rest)

    def _begin(self) -> None:
        """Gives beginnings that several rows have: to one that did not come, and whose rest did, if there is one."""
        rests = {rest.ids.tobytes() for _, rest in self._rests}
        for _, begun in self._begun:
            size = len(begun.ids)
            owners = self.known.beginning(begun.ids)
            free = [number for number in owners if not self._came[number].any()] or owners
            fits = (n for n in free if self.rows[n].ids[size:].tobytes() in rests)
            self._trained = begun.labels != IGNORED
            chosen = next(fits, None)
            if chosen is None:
                chosen = min(free, key=lambda number: self._prefer(Match(number, 0, size, 0)))
            self._row(Match(chosen, 0, size, 0), begun, 0)

    def _give(self, number: int, offset: int, rest: Packed) -> None:
        self._row(Match(number, 0, len(rest.ids), offset), rest, 0)

    def _leave(self, name: str, rest: Packed) -> None:
        """What begins in no other sequence: rows that are cut on their left, or no rows."""
        self._trained = rest.labels != IGNORED
        matches = list(self.known.matches(rest.ids, 0, len(rest.ids)))
        for match in matches:
            self._row(match, rest, 0)
        unknown = self._trained & ~flags(len(rest.ids), matches)
        for run in _runs(np.flatnonzero(unknown)):
            # A part that several rows have: any of those that lack it may be meant.
            owners = self.known.holding(rest.ids[run[0] : run[-1] + 1])
            lacking = [number for number in owners if not self._came[number].all()]
            self._perhaps.update(lacking)
            if not lacking:
                self._set_apart(name, rest, run)

    def _set_apart(self, name: str, sequence: Packed, run: NDArray[np.int64]) -> None:
        part = slice(run[0], run[-1] + 1)
        ids, labels = sequence.ids[part].copy(), sequence.labels[part].copy()
        self._spare.append((name, Packed(ids, labels, sequence.real[part], None)))

    def _account(self) -> None:
        """What could not be given to a row: where every token came no more often than the rows have it, it is parts of
        rows, for which other rows' were taken; otherwise it is no row's."""
        none_over = not self._strangers and not (self._stock < 0).any()
        for name, spare in self._spare:
            parts = self._parts_of(spare) if none_over else []
            if not parts:
                self._fault("unknown_trained", name, len(spare.ids))
            self._trained = spare.labels != IGNORED
            for part in parts:
                self._row(min(part, key=self._prefer), spare, 0)

    def _parts_of(self, spare: Packed) -> list[list[Match]]:
        """The longest parts of rows that follow one another, each with the rows that hold it; none where some token is
        of no row."""
        parts: list[list[Match]] = []
        at, whole = 0, len(spare.ids)
        while at < whole:
            # The longest that some row holds: what a longer part holds, a shorter one does too.
            sizes = range(1, whole - at + 1)
            size = bisect_left(
                sizes, True, key=lambda size: not self.known.holding(spare.ids[at : at + size])
            )
            if size == 0:
                return []
            part = spare.ids[at : at + size].tobytes()
            owners = self.known.holding(spare.ids[at : at + size])
            parts.append(
                [Match(n, at, at + size, place_in(self.rows[n].ids.tobytes(), part)) for n in owners]
            )
            at += size
        return parts

    def _fault(self, name: str, who: str, tokens: int) -> None:
        fault = self._faults.setdefault(name, Fault(name))
        fault.tokens += tokens
        if (name, who) not in self._said:
            self._said.add((name, who))
            fault.rows += 1
            if len(fault.first) < 3:
                fault.first.append(who)


def _run(places: NDArray[np.int64]) -> int:
    """How many of the places, from the first on, are neighbours."""
    gaps = np.flatnonzero(np.abs(np.diff(places)) != 1)
    return int(gaps[0]) + 1 if len(gaps) else len(places)


def _runs(places: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The places in runs of neighbours."""
    runs = np.split(places, np.flatnonzero(np.diff(places) != 1) + 1)
    return [run for run in runs if len(run)]


def _content(row: Expected) -> tuple[bytes, bytes]:
    return row.ids.tobytes(), row.trained.tobytes()
