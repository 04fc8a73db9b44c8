"""A person at work: which rows they are shown, and what becomes of what they say.

A row is lent to the tab that shows it, so that two tabs never show the same one; what a tab says twice, under the same
key, is written once, and what two tabs say of one row is refused for the second. What is on the disk is the only truth:
a desk that is opened anew knows all that was said.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.errors import UsageError
from finesift.recipe import Lot, Recipe
from finesift.review import journal as journals
from finesift.review import kinds
from finesift.review.figures import figures
from finesift.review.journal import Entry, Journal
from finesift.review.kinds import Rule
from finesift.review.lots import Gate, gate
from finesift.review.order import FIRST, Order
from finesift.review.rows import Rows, version
from finesift.run import Run

if TYPE_CHECKING:
    from finesift.chat.tokenizer import Tokenizer

# Seconds for which a row is lent to a tab that does not speak.
LENT = 600.0
# Own decisions between the two times that a person is shown the same row.
BETWEEN = 20
# Places looked at in one step, and decisions from which the pace is taken.
_STEP, _RECENT = 4096, 20
_MOST = 2**64


class Taken(UsageError):
    """Somebody was there before: the row was decided, or has changed, since it was shown."""


class Desk:
    """One person's review of a run; several tabs may use it at once."""

    def __init__(self, run: Run, person: str, *, lot: str = FIRST, blind: bool = False) -> None:
        self.run, self.person, self.lot, self.blind = run, person, lot, blind
        self.recipe = Recipe.parse(run.manifest["recipe"])
        self.journal = Journal(journals.place_of(run.path, self.recipe.policy.decisions))
        self.order = Order(run, self.recipe)
        self.rows = Rows(run, self.recipe)
        rows = self.order.rows.height
        self._mine, self._theirs, self._skipped = (np.zeros(rows, bool) for _ in range(3))
        chance = self.order.chance(self.order.rows["id"], "twice")
        self._twice = chance < np.uint64(min(_MOST - 1, int(self.recipe.review.twice * _MOST)))
        self._known = 0
        self._starts: dict[str, int] = {}
        self._lent: dict[int, tuple[str, float]] = {}
        self._due: list[tuple[int, str]] = []  # own decisions after which a row is shown again, and its id
        self._again: set[str] = set()
        self._said = 0
        self._edits: dict[str, dict[int, tuple[str, Entry]]] = {}
        self._lock = threading.RLock()
        self.order.of(lot)
        self._absorb()

    # What there is to do.

    def deal(self, tab: str, lot: str, count: int, held: Sequence[str]) -> list[dict[str, Any]]:
        """The next rows for a tab, in order, which are lent to it; held: ids that it has already."""
        with self._lock:
            self.journal.refresh()
            self._absorb()
            due = [id_ for after, id_ in self._due if after <= self._said and id_ not in held][:1]
            dealt = [(self._place(id_), 1) for id_ in due]
            dealt += [(place, 0) for place in self._free(tab, lot, count - len(dealt), set(held))]
            return self._shown([place for place, _ in dealt], lot, dict(dealt))

    def one(self, id_: str, lot: str) -> dict[str, Any]:
        """The row with this id."""
        with self._lock:
            return self._shown([self._place(id_)], lot, {})[0]

    def release(self, tab: str) -> None:
        """A tab was closed: what it held may be shown elsewhere."""
        with self._lock:
            self._lent = {at: lent for at, lent in self._lent.items() if lent[0] != tab}

    def raw(self, id_: str) -> str:
        """The row as it came in."""
        return self.rows.raw(self.order.rows["example"][self._place(id_)])

    def rendered(self, id_: str) -> list[dict[str, Any]]:
        """The row as the model reads it, corrections included: see `chat.view`."""
        from finesift.chat.view import view
        from finesift.inputs import wanted_of

        corpus = self.rows.corpus(self.order.rows["example"][self._place(id_)], self._edits.get(id_, {}))
        seen = view(corpus, self._tokenizer, corpus.examples["example"].to_list(), wanted_of(self.recipe))
        return [one.as_dict() for one in seen]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from finesift.inputs import tokenizer_of

        return tokenizer_of(self.recipe)

    def _shown(self, places: list[int], lot: str, showings: dict[int, int]) -> list[dict[str, Any]]:
        about = self.order.rows[places].to_dicts() if places else []
        views = self.rows.views(about, self._edits, blind=self.blind)
        beside = [
            [at for at in self.order.alike(place) if not self._mine[at]]
            if lot == FIRST and not self.blind
            else []
            for place in places
        ]
        told = self.listed(sorted({at for several in beside for at in several}))
        for place, view, several in zip(places, views, beside, strict=True):
            view |= {"lot": lot, "showing": showings.get(place, 0), "alike": [told[at] for at in several]}
        return views

    def listed(self, places: list[int]) -> dict[int, dict[str, str]]:
        """id, version and how the row ends, by place."""
        if not places:
            return {}
        rows = self.order.rows[places].select("id", "example")
        glances = self.rows.glances(rows["example"])
        return {
            place: {
                "id": id_,
                "version": version(id_, self._edits.get(id_, {})),
                "text": glances.get(example, ""),
            }
            for place, (id_, example) in zip(places, rows.iter_rows(), strict=True)
        }

    def _free(self, tab: str, lot: str, count: int, held: set[str]) -> list[int]:
        now = time.monotonic()
        self._lent = {at: lent for at, lent in self._lent.items() if lent[1] > now - LENT}
        held_at = set(self.order.places(held).tolist()) if held else set()
        found: list[int] = []
        for place in self._open(lot):
            lent = self._lent.get(place)
            if len(found) >= count:
                break
            if place not in held_at and (lent is None or lent[0] == tab):
                self._lent[place] = (tab, now)
                found.append(place)
        return found

    def _open(self, lot: str) -> Iterator[int]:
        """Places that this person has not decided, nor others unless the row is one of those shown twice."""
        order = self.order.of(lot)
        at = self._starts.get(lot, 0)
        while at < len(order):
            step = order[at : at + _STEP]
            open_ = step[~(self._done(step) | self._skipped[step])]
            if not len(open_) and at == self._starts.get(lot, 0):
                self._starts[lot] = at + _STEP
            yield from open_.tolist()
            at += _STEP
        # What was skipped comes last.
        yield from order[self._skipped[order] & ~self._done(order)].tolist()

    def _done(self, places: NDArray[np.uint32]) -> NDArray[np.bool_]:
        return self._mine[places] | (self._theirs[places] & ~self._twice[places])

    def left(self, lot: str) -> int:
        order = self.order.of(lot)
        return int(len(order) - self._done(order).sum())

    # What was said.

    def decide(
        self,
        *,
        key: str,
        id_: str,
        outcome: str,
        version_seen: str,
        why: str | None = None,
        seconds: float = 0.0,
        lot: str = FIRST,
        showing: int = 0,
        also: Sequence[str] = (),
        edits: Sequence[dict[str, Any]] = (),
    ) -> Entry:
        """Writes a decision. Raises Taken where the row is not what the person saw, or they decided it elsewhere."""
        with self._lock:
            place = self._place(id_)
            if outcome not in journals.SAID:
                raise UsageError(
                    f"{outcome!r} is no outcome.", hint=f"There are: {', '.join(journals.SAID)}."
                )
            if len(self.order.places(also)) != len({*also}):
                raise UsageError("some of the rows to be decided with this one are not there.")
            drawn = lot if lot != FIRST and place in self.order.of(lot) else None

            def guard() -> None:
                self._absorb()
                if showing not in (0, 1) or (id_ in self._again if showing else self._mine[place]):
                    raise Taken(f"{id_} was decided in another tab.")
                if version(id_, self._edits.get(id_, {})) != version_seen:
                    raise Taken(f"{id_} was corrected meanwhile; look at it again.")

            entry, _ = self.journal.append(
                key=key,
                act="decide",
                by=self.person,
                guard=guard,
                id=id_,
                outcome=outcome,
                why=why,
                seconds=round(seconds, 1),
                version=version_seen,
                lot=drawn,
                showing=showing,
                also=[*dict.fromkeys(also)],
                edits=[*edits],
            )
            self._absorb()
            return entry

    def kind(self, id_: str, rule: Rule | None) -> dict[str, Any]:
        """The rules that a row proposes; and of one, every row that it would touch. What was decided is left alone."""
        with self._lock:
            example = self.order.rows["example"][self._place(id_)]
            rules = [
                {"name": one.name, "text": one.text}
                for one in kinds.proposed(self.rows, example, blind=self.blind)
            ]
            if rule is None:
                return {"rules": rules, "rows": []}
            return {"rules": rules, "rows": [*self.listed(self._members(id_, rule)).values()]}

    def decide_kind(self, *, id_: str, rule: Rule, seen: int, outcome: str, **said: Any) -> Entry:
        """Decides a row and its kind in one step. seen: how many rows were listed; Taken where that has changed."""
        with self._lock:
            self.journal.refresh()
            self._absorb()
            if (known := self.journal.by_key.get(said["key"])) is not None:
                return known
            places = self._members(id_, rule)
            if len(places) != seen:
                raise Taken(f"the rule is about {len(places)} rows now; look at them again.")
            rows = self.order.rows[places].select("example", "id")
            edits = kinds.replaced(self.rows, rule, dict(rows.iter_rows()), self._edits)
            also = [other for other in rows["id"] if other != id_]
            why = said.pop("why", None) or str(rule)
            return self.decide(id_=id_, outcome=outcome, also=also, edits=edits, why=why, **said)

    def _members(self, id_: str, rule: Rule) -> list[int]:
        """Places of the rows of a kind that this person has not decided, this row first."""
        own = self._place(id_)
        found = self.order.rows.lazy().select("example", at=pl.int_range(pl.len(), dtype=pl.UInt32))
        of = (
            found.join(kinds.members(self.rows, rule).lazy(), on="example", how="semi")
            .collect()["at"]
            .to_list()
        )
        if rule.replacement is not None and own not in of:
            raise UsageError(f"this row does not say {rule.text!r}.")
        open_ = [at for at in of if at != own and not self._mine[at]]
        if len(open_) >= kinds.MOST:
            raise UsageError(
                f"that is about {len(open_):,} rows; in one step at most {kinds.MOST:,} are decided."
            )
        return [own, *open_]

    def undo(self, *, key: str, number: int | None = None, undoes_key: str | None = None) -> Entry:
        """Takes back a decision of this person, by its line or its key."""
        with self._lock:
            if number is None and undoes_key is not None and (known := self.journal.by_key.get(undoes_key)):
                number = known.number
            entry, _ = self.journal.append(key=key, act="undo", by=self.person, undoes=number)
            self._absorb()
            return entry

    def _absorb(self) -> None:
        """Follows the journal: what is done, what was corrected, what is to be shown again."""
        entries = self.journal.entries[self._known :]
        self._known = len(self.journal.entries)
        again = False
        for entry in entries:
            if entry.act == "undo":
                again = True
                continue
            if entry.act == "decide":
                self._count(entry, entry.ids)
        if again:  # rare: what holds is counted anew
            self._mine[:] = self._theirs[:] = self._skipped[:] = False
            self._due, self._again, self._said, self._starts = [], set(), 0, {}
            for entry in self.journal.live():
                self._count(entry, entry.ids)
        if again or any(entry.edits for entry in entries):
            self._edits = journals.edits(self.journal)

    def _count(self, entry: Entry, ids: list[str]) -> None:
        places = (
            self.order.places(ids)
            if len(ids) > 1
            else [at for id_ in ids if (at := self.order.place(id_)) is not None]
        )
        if entry.by != self.person:
            self._theirs[places] |= entry.outcome != "skip"
            return
        if entry.showing:
            self._again.add(entry.id or "")
            self._due = [(after, id_) for after, id_ in self._due if id_ != entry.id]
            return
        if entry.outcome == "skip":
            self._skipped[places] = True
            return
        self._mine[places] = True
        self._said += 1
        if not entry.edits and len(ids) == 1 and len(places) and self._twice[places[0]]:
            self._due.append((self._said + BETWEEN, ids[0]))

    def _place(self, id_: str) -> int:
        place = self.order.place(id_)
        if place is None:
            raise UsageError(f"no row that may be looked at has the id {id_!r}.")
        return place

    # Where the review stands.

    def state(self, lot: str) -> dict[str, Any]:
        with self._lock:
            self.journal.refresh()
            self._absorb()
            mine = [entry for entry in self.journal.live() if entry.by == self.person]
            spent = [entry.seconds for entry in mine[-_RECENT:] if entry.seconds > 0]
            return {
                "person": self.person,
                "blind": self.blind,
                "lot": lot,
                "lots": [
                    FIRST,
                    *self.recipe.review.lots,
                    *([lot] if lot not in (FIRST, *self.recipe.review.lots) else []),
                ],
                "left": self.left(lot),
                "done": int(self._mine.sum()),
                "lines": len(self.journal.entries),
                "pace": median(spent) if spent else None,
                "last": [{"number": e.number, "key": e.key, "id": e.id} for e in mine[-50:]],
                "gate": None if lot == FIRST else self.gate(lot).told(),
            }

    def figures(self) -> dict[str, Any]:
        """See `finesift.review.figures`; nothing of it in a blind review, whose reader it would sway."""
        with self._lock:
            self.journal.refresh()
            self._absorb()
            if self.blind:
                raise UsageError(
                    "figures wait until the blind review is over.", hint="Start it without --blind."
                )
            return figures(self.journal, self.order, self.recipe, self.rows.scan("findings"))

    def gate(self, lot: str) -> Gate:
        return gate(self.journal, lot, self.recipe.review.lots.get(lot, Lot()), len(self.order.of(lot)))
