"""An audit of what a trainer really trains: its batches beside the masks that are proved.

    found = finesift.audit(trainer.get_train_dataloader(), "run")
    print(found)
    assert found.ok

A row is recognised by runs of its token ids wherever it stands in a batch: padded on either side, packed with
others, cut, or behind a second BOS. Then each of its tokens is trained as the proof has it, or it is not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from finesift.chat.conversations import conversations
from finesift.chat.mask import IGNORED, Masker
from finesift.chat.spans import EVERYTHING, Wanted
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus
from finesift.errors import InputError

Ids = NDArray[np.int64]

# A row is recognised by runs of this many tokens, taken at each multiple of it within the row.
SEED = 8
# A run that more rows have tells nothing about which row it is.
COMMON = 8

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
    """What was found. ok: nothing."""

    faults: list[Fault] = field(default_factory=list)
    sequences: int = 0
    tokens: int = 0
    trained: int = 0
    rows: int = 0
    seen: int = 0

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

    batches: mappings with input_ids and labels, optionally attention_mask and position_ids; each [rows, tokens]
    as lists, arrays or tensors on the CPU. bos: the id that only the beginning of a row has, if any. partial: not
    all batches of an epoch, so rows may be missing. Raises InputError where a batch is not of that form.
    """
    auditor = _Auditor(rows, bos)
    for number, batch in enumerate(batches):
        for place, sequence in enumerate(_sequences(batch, number)):
            auditor.look(sequence, f"batch {number} sequence {place}")
    return auditor.result(partial=partial)


def read_batches(file: Path) -> Iterator[dict[str, Any]]:
    """Batches from JSON lines, or from Parquet, where each row is a batch of its own."""
    try:
        if file.suffix == ".parquet":
            for part in pq.ParquetFile(file).iter_batches(1_024):
                yield part.to_pydict()
        else:
            with file.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    batch = orjson.loads(line)
                    if not isinstance(batch, dict):
                        raise InputError(f"{file}:{number}: is no JSON object with input_ids and labels.")
                    yield batch
    except (OSError, orjson.JSONDecodeError, pa.ArrowException) as e:
        raise InputError(
            f"{file}: cannot be read: {e}.", hint="Write JSON lines, {input_ids: …, labels: …}, or Parquet."
        ) from e


@dataclass(frozen=True)
class _Sequence:
    ids: Ids
    labels: Ids
    real: NDArray[np.bool_]  # attention_mask, or everything
    positions: Ids | None


@dataclass(frozen=True)
class _Match:
    """Tokens start to end of a sequence are those of a row from `offset` on."""

    row: int
    start: int
    end: int
    offset: int


class _Auditor:
    def __init__(self, rows: Sequence[Expected], bos: int | None) -> None:
        self.rows = rows
        self.bos = bos
        self.found = Audit(rows=len(rows))
        self._faults: dict[str, Fault] = {}
        # Per row: which of its tokens came, and the faults that it has already.
        self._came = [np.zeros(len(row.ids), bool) for row in rows]
        self._said: set[tuple[str, str]] = set()
        self._rests: list[tuple[str, _Sequence]] = []
        seeds: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        self._whole: dict[bytes, int] = {}
        for number, row in enumerate(rows):
            self._whole.setdefault(row.ids.tobytes(), number)
            # The last run of a row may tell where none before it does.
            for at in {*range(0, len(row.ids) - SEED + 1, SEED), max(0, len(row.ids) - SEED)}:
                owners = seeds[row.ids[at : at + SEED].tobytes()]
                if len(owners) <= COMMON:
                    owners.append((number, at))
        self._seeds = {seed: owners for seed, owners in seeds.items() if len(owners) <= COMMON}
        telling = {number for owners in self._seeds.values() for number, _ in owners}
        # Rows that no run of tokens tells from others, such as those that are very short.
        self._plain = [number for number in range(len(rows)) if number not in telling]

    def look(self, sequence: _Sequence, name: str) -> None:
        ids, labels = sequence.ids, sequence.labels
        trained = labels != IGNORED
        self.found.sequences += 1
        self.found.tokens += int(sequence.real.sum())
        self.found.trained += int(trained.sum())
        if trained.any() and not np.array_equal(labels[trained], ids[trained]):
            shifted = np.array_equal(labels[:-1][trained[:-1]], ids[1:][trained[:-1]])
            wrong = trained & (labels != ids)
            self._fault("labels_shifted" if shifted else "labels_differ", name, int(wrong.sum()))
        inside = np.flatnonzero(sequence.real)
        matches = list(self._matches(ids, int(inside[0]), int(inside[-1]) + 1)) if len(inside) else []
        known = ~sequence.real
        alone = len(matches) == 1
        if matches and matches[0].offset > 0:
            # The end of a row that begins in another sequence, and perhaps like the end of others.
            matches.pop(0)
        for match in matches:
            known[match.start : match.end] = True
            self._row(match, sequence, trained)
        if (padding := int((trained & ~sequence.real).sum())) > 0:
            self._fault("padding_trained", name, padding)
        # What stands at an edge of the sequence may be the rest of a row that another sequence has: see `result`.
        strange = np.flatnonzero(~known)
        for edge in (strange[: _run(strange)], strange[len(strange) - _run(strange[::-1]) :]):
            if len(edge) and not known[edge[0]]:
                rest = _Sequence(ids[edge], labels[edge], sequence.real[edge], None)
                self._rests.append((name, rest))
                known[edge] = True
        # An unmatched token beside a row, such as an end of text, counts too.
        if (unknown := int((trained & ~known).sum())) > 0:
            self._fault("unknown_trained", name, unknown)
        begins = [match for match in matches if match.offset == 0 and match.start > 0]
        for match in () if alone else begins:
            at = sequence.positions
            if at is None or at[match.start] > at[match.start - 1]:
                self._fault("packed_without_boundaries", self.rows[match.row].name, match.end - match.start)

    def _row(self, match: _Match, sequence: _Sequence, trained: NDArray[np.bool_]) -> None:
        row = self.rows[match.row]
        wanted = row.trained[match.offset : match.offset + match.end - match.start]
        given = trained[match.start : match.end]
        self._came[match.row][match.offset : match.offset + len(wanted)] = True
        if self.bos is not None and match.offset == 0 and match.start > 0 and row.ids[0] == self.bos:
            before = sequence.ids[match.start - 1]
            if before == self.bos and sequence.real[match.start - 1]:
                self._fault("double_bos", row.name, 1)
        if prompt := int((given & ~wanted).sum()):
            self._fault("prompt_trained", row.name, prompt)
        missing = wanted & ~given
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

    def _matches(self, ids: Ids, begin: int, end: int) -> Iterator[_Match]:
        """Where rows stand in a sequence, in order, without overlap."""
        if (number := self._whole.get(ids[begin:end].tobytes())) is not None:
            yield _Match(number, begin, end, 0)
            return
        while begin < end and (best := self._best(ids[:end], begin)):
            yield best
            begin = best.end

    def _best(self, ids: Ids, begin: int) -> _Match | None:
        """The row that the first telling run of tokens belongs to, stretched as far as it is the row's."""
        for at in range(begin, len(ids) - SEED + 1):
            owners = self._seeds.get(ids[at : at + SEED].tobytes())
            if owners:
                found = [self._stretch(ids, begin, at, number, place) for number, place in owners]
                return max(found, key=lambda match: (match.end - match.start, -match.row))
        return self._short(ids, begin)

    def _stretch(self, ids: Ids, begin: int, at: int, number: int, place: int) -> _Match:
        row = self.rows[number].ids
        back = min(at - begin, place)
        same = ids[at - back : at] == row[place - back : place]
        # Back to the last token that differs.
        back = back if same.all() else back - 1 - int(np.flatnonzero(~same)[-1])
        ahead = min(len(ids) - at, len(row) - place)
        same = ids[at : at + ahead] == row[place : place + ahead]
        ahead = ahead if same.all() else int(np.flatnonzero(~same)[0])
        return _Match(number, at - back, at + ahead, place - back)

    def _short(self, ids: Ids, begin: int) -> _Match | None:
        """A row without a telling run of tokens, such as "Hi": it must stand there whole."""
        rest = ids[begin:]
        for number in self._plain:
            row = self.rows[number].ids
            for at in np.flatnonzero(rest[: max(0, len(rest) - len(row) + 1)] == row[0]).tolist():
                if np.array_equal(rest[at : at + len(row)], row):
                    return _Match(number, begin + at, begin + at + len(row), 0)
        return None

    def result(self, *, partial: bool) -> Audit:
        # Long ones first: what is short can only be told by what the row has already.
        self._join([one for one in self._rests if len(one[1].ids) >= SEED])
        self._join([one for one in self._rests if len(one[1].ids) < SEED])
        copies = Counter(row.ids.tobytes() for row in self.rows)
        for row, came in zip(self.rows, self._came, strict=True):
            if came.any():
                self.found.seen += 1
                if (lost := int((row.trained & ~came).sum())) > 0:
                    self._fault("end_cut", row.name, lost)
            elif copies[row.ids.tobytes()] > 1:
                self.found.seen += 1  # one of several equal rows stands for all
            elif not partial:
                self._fault("never_seen", row.name, len(row.ids))
        self.found.faults = [self._faults[name] for name in FAULTS if name in self._faults]
        return self.found

    def _join(self, rests: list[tuple[str, _Sequence]]) -> None:
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
            for part in (missing[: _run(missing)], missing[len(missing) - _run(missing[::-1]) :]):
                lacking[ids[part].tobytes()].append((number, int(part[0])))
                goes_on[int(ids[part[0]])].append(number)
        left: list[tuple[str, _Sequence]] = []
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

    def _give(self, number: int, offset: int, rest: _Sequence) -> None:
        self._row(_Match(number, 0, len(rest.ids), offset), rest, rest.labels != IGNORED)

    def _leave(self, name: str, rest: _Sequence) -> None:
        """What begins in no other sequence: rows that are cut on their left, or no rows."""
        unknown = rest.labels != IGNORED
        for match in self._matches(rest.ids, 0, len(rest.ids)):
            self._row(match, rest, rest.labels != IGNORED)
            unknown[match.start : match.end] = False
        if unknown.any():
            self._fault("unknown_trained", name, int(unknown.sum()))

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


def _sequences(batch: Mapping[str, Any], number: int) -> Iterator[_Sequence]:
    ids, labels = (_lists(batch, name, number) for name in ("input_ids", "labels"))
    if ids is None or labels is None:
        raise InputError(
            f"batch {number} has no {'labels' if ids else 'input_ids'}.",
            hint="Give the batches as the data collator makes them, with input_ids and labels.",
        )
    masks, positions = (_lists(batch, name, number) for name in ("attention_mask", "position_ids"))
    for place, one in enumerate(ids):
        real = None if masks is None or len(masks[place]) != len(one) else masks[place] != 0
        at = None if positions is None else positions[place if len(positions) == len(ids) else 0]
        if len(labels[place]) != len(one) or (at is not None and len(at) != len(one)):
            raise InputError(f"batch {number}, sequence {place}: input_ids and its labels differ in length.")
        yield _Sequence(one, labels[place], np.ones(len(one), bool) if real is None else real, at)


def _lists(batch: Mapping[str, Any], name: str, number: int) -> list[Ids] | None:
    """The rows of a field as arrays; one row may stand without a list around it."""
    value = batch.get(name)
    if value is None:
        return None
    value = value.tolist() if hasattr(value, "tolist") else list(value)
    rows = [row.tolist() if hasattr(row, "tolist") else row for row in value]
    if rows and not isinstance(rows[0], Sequence):
        rows = [rows]
    try:
        return [np.asarray(row, np.int64) for row in rows]
    except (TypeError, ValueError) as e:
        raise InputError(f"batch {number}: {name} holds something that is no token id: {e}.") from e
