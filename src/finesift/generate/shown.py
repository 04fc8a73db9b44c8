"""Whether a request is of the behaviour that was asked for.

Coverage asks which of all behaviours an unknown row has, and says nothing where it is not sure. Here one was asked for,
so the question is whether what came is something else: another behaviour clearly ahead, or nothing of the plan at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finesift.cover.plan import Plan
from finesift.cover.rows import fits as can_be
from finesift.embed.encoder import Embed, Vectors

#: How far another behaviour may be ahead, and the least score. On half of CLINC150's development intents, plans of 5
#: to 25 behaviours with 3 or 10 texts each: of requests of the behaviour at least 99 % are taken, of those of another
#: 1 to 3 %, of those of none 7 to 15 %. Stricter ones cost the requests at a behaviour's edge, which a set lacks most.
AHEAD, LEAST = 0.15, 0.2
#: The same where the answer does what this behaviour wants, and the other does not want: declines, or asks back.
AHEAD_TOLD = 0.3
#: The score of another behaviour, and its lead over the next, from which a request counts for it. In the same trials 87
#: to 93 % of requests that show another behaviour of the plan do, 99 in 100 for the right one; of requests of none 3 to
#: 12 % do, as many as are taken for the one asked for, and of the behaviour's own 0.1 to 0.4 %.
ANOTHER, CLEARLY = 0.4, 0.05
#: Sentences of a request that are looked at beside the whole, and what one of them must score, and lead: what is asked
#: often stands in one, and more than one look finds more by chance.
SENTENCES, WORDS, SENTENCE = 6, 4, 0.3
#: A request this near to one that was taken is of its behaviour: so edges are reached that no text of the plan is near.
#: Among 400 requests of other behaviours of a shop 0 to 16 are.
KIN = 0.65
_END = re.compile(r"(?<=[.!?。？！])\s+|\n+")


@dataclass(frozen=True)
class Otherwise:
    """A request that is not of the behaviour asked for. why: in words. rather: what it clearly is; likely: whether it
    may be of the one asked for all the same, only less so than of another."""

    why: str
    rather: str | None
    likely: bool


@dataclass(frozen=True)
class Looked:
    """Requests as vectors, float32 [parts, D]: each as a whole, then sentences of it.

    first: int64 [N + 1], where the parts of each begin, and where the last ones end.
    """

    vectors: Vectors
    first: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def whole(self) -> Vectors:
        return self.vectors[self.first[:-1]]

    def parts(self, row: int) -> Vectors:
        return self.vectors[self.first[row] : self.first[row + 1]]


def look(requests: Sequence[Sequence[str]], embed: Embed) -> Looked:
    """requests: what the user says in each row, message by message; the first message is the whole."""
    parts = [_parts(said) for said in requests]
    first = np.cumsum([0, *(len(texts) for texts in parts)])
    return Looked(embed([text for texts in parts for text in texts]), first)


class Shown:
    """The texts that stand for behaviours: the plan's, and requests of rows that are surely of them."""

    def __init__(self, plan: Plan, rows: Mapping[str, Sequence[str]], embed: Embed) -> None:
        self._names = [one.name for one in plan.behaviour]
        self._kin: dict[str, list[Vectors]] = {name: [] for name in self._names}
        self._wants = [one.wants for one in plan.behaviour]
        each = [[*one.texts(), *rows.get(one.name, ())] for one in plan.behaviour]
        self._starts = np.concatenate([[0], np.cumsum([len(texts) for texts in each])])[:-1].astype(np.int64)
        self._texts = embed([text for texts in each for text in texts])
        means = np.add.reduceat(self._texts, self._starts, axis=0)
        self._means = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.float32(1e-9))

    def otherwise(
        self, looked: Looked, wanted: Sequence[str], outcomes: Sequence[str]
    ) -> list[Otherwise | None]:
        """For each request what it is rather than the behaviour wanted, or None.

        outcomes: what the answer of each does, of `attributes.NAMES`.
        """
        told: list[Otherwise | None] = []
        for row, name in enumerate(wanted):
            own = self._scores(looked.parts(row))
            place = self._names.index(name)
            asked = own[:, place]
            others = np.delete(own, place, axis=1).max(axis=1) if own.shape[1] > 1 else np.zeros_like(asked)
            fits = (asked >= SENTENCE) & (asked >= others)
            best = int(own[0].argmax())
            told_by_answer = not can_be(self._wants[best], outcomes[row])
            ahead = AHEAD_TOLD if told_by_answer else AHEAD
            fits[0] |= asked[0] >= max(LEAST, others[0] - ahead)
            fits[0] |= any(float(looked.parts(row)[0] @ one) >= KIN for one in self._kin[name])
            told.append(None if fits.any() else self._rather(own[0], place))
        return told

    def _rather(self, own: NDArray[np.float32], asked: int) -> Otherwise:
        """own: float32 [behaviours], the scores of a request as a whole."""
        best = int(own.argmax())
        known = best != asked and bool(own[best] >= LEAST)
        rest = float(np.delete(own, best).max(initial=0.0))
        clear = known and bool(own[best] >= ANOTHER) and float(own[best]) - rest >= CLEARLY
        return Otherwise(
            f"plan: rather {self._names[best]}" if known else "plan: of no behaviour",
            self._names[best] if clear else None,
            bool(own[asked] >= LEAST),
        )

    def take(self, behaviour: str, vector: Vectors) -> None:
        """A request that was taken, float32 [D]."""
        self._kin[behaviour].append(vector)

    def _scores(self, vectors: Vectors) -> NDArray[np.float32]:
        """float32 [requests, behaviours]: half the mean of a behaviour's texts, half the likest of them."""
        likest = np.maximum.reduceat(vectors @ self._texts.T, self._starts, axis=1)
        scores: NDArray[np.float32] = (vectors @ self._means.T + likest) / 2
        return scores


def _parts(said: Sequence[str]) -> list[str]:
    """The first message, then the longer sentences of all."""
    some = [one for text in said for one in _END.split(text.strip()) if len(one.split()) >= WORDS]
    return [said[0], *some[:SENTENCES]] if len(some) > 1 else [said[0]]
