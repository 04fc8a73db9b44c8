"""The arms: what each trains on, and what is measured of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Sets = dict[str, Numbers]


class NothingToDrawError(Exception):
    """No row of a set fits: a small form has shorter rows."""


@dataclass(frozen=True)
class Draw:
    """What an arm's rows are drawn with: sets by name, how many rows, and the seed."""

    sets: Sets
    count: int
    seed: int

    def of(self, name: str, most: int | None = None) -> Numbers:
        """`count` rows of a set, none again before all were drawn; at most `most` different ones, at random."""
        chance = np.random.default_rng(self.seed)
        return self._again(chance.permutation(self.sets[name])[:most], chance, name)

    def first(self, name: str, most: int) -> Numbers:
        """As `of`, with the first `most` rows of a set that stands in an order."""
        chance = np.random.default_rng(self.seed)
        return self._again(chance.permutation(self.sets[name][:most]), chance, name)

    def _again(self, rows: Numbers, chance: np.random.Generator, name: str) -> Numbers:
        if not len(rows):
            raise NothingToDrawError(f"no row of {name} fits")
        rounds = [rows, *(chance.permutation(rows) for _ in range(self.count // len(rows)))]
        return np.concatenate(rounds)[: self.count]

    def with_more(self, name: str, more: Numbers) -> Numbers:
        """As `of`, with as many rows, at even distances, replaced by `more`."""
        rows = self.of(name).copy()
        rows[np.linspace(0, len(rows) - 1, len(more)).astype(int)] = np.random.default_rng(
            self.seed
        ).permutation(more)
        return rows

    @property
    def copied(self) -> Numbers:
        """The row that arms of copies copy."""
        return np.random.default_rng(self.seed + 1_000).choice(self.sets["pool"], 1)


def leaked(rows: Numbers, seed: int) -> Numbers:
    """The half of an evaluation that leaks; with the next seed it is the other half."""
    return rows[seed % 2 :: 2]


@dataclass(frozen=True)
class Arm:
    """start: the model it starts from. rows: row numbers in the order they are trained. form: how they are rendered,
    see Bench.build. prompts: whether the loss is on prompts too. against: the arm to compare with. writes: whether
    it answers prompts."""

    name: str
    question: int
    start: str
    rows: Callable[[Draw], Numbers]
    form: str = "own"
    prompts: bool = False
    against: str | None = None
    writes: bool = False


#: Sets whose first rows are meant: chosen in that order, or the longest answers first.
ORDERED = ("chosen", "longest")

QUESTIONS = {
    1: "One row copied",
    2: "An evaluation leaked",
    3: "Damaged rows, and what `finesift prep` keeps of them",
    4: "The template",
    5: "Loss on the prompts too",
    6: "A thousand rows",
    7: "Validation by row and by family",
}


def share(draw: Draw, rows: int, of: int) -> int:
    """A small form trains on fewer rows than a full one, which trains on `of`: the share is what is kept."""
    return max(1, draw.count * rows // of)


def copies(times: int) -> Callable[[Draw], Numbers]:
    return lambda draw: draw.with_more("pool", np.repeat(draw.copied, share(draw, times, 57_600)))


def leak(name: str, times: int) -> Callable[[Draw], Numbers]:
    return lambda draw: draw.with_more("small_pool", np.tile(leaked(draw.sets[name], draw.seed), times))


def drawn(name: str) -> Callable[[Draw], Numbers]:
    return lambda draw: draw.of(name)


def thousand(name: str) -> Callable[[Draw], Numbers]:
    """A thousand of the 6,400 rows of the full form: the first of a set that stands in an order, else any."""
    if name in ORDERED:
        return lambda draw: draw.first(name, share(draw, 1_000, 6_400))
    return lambda draw: draw.of(name, share(draw, 1_000, 6_400))


ARMS = [
    Arm("scratch", 0, "scratch", drawn("pool"), writes=True),
    Arm("copies_100", 1, "scratch", copies(100), against="scratch"),
    Arm("copies_1000", 1, "scratch", copies(1_000), against="scratch"),
    Arm("messy", 3, "scratch", drawn("messy"), against="scratch", writes=True),
    Arm("messy_prepared", 3, "scratch", drawn("messy_kept"), against="messy", writes=True),
    Arm("messy_strict", 3, "scratch", drawn("messy_strict"), against="messy", writes=True),
    Arm("end_untrained", 4, "scratch", drawn("pool"), form="end_untrained", against="scratch", writes=True),
    Arm("prompts_too", 5, "scratch", drawn("pool"), prompts=True, against="scratch"),
    Arm("tuned", 0, "smollm2", drawn("small_pool"), writes=True),
    Arm("leak_verbatim", 2, "smollm2", leak("quiz", 1), against="tuned"),
    Arm("leak_restated", 2, "smollm2", leak("quiz_restated", 1), against="tuned"),
    Arm("leak_verbatim_8", 2, "smollm2", leak("quiz", 8), against="tuned"),
    Arm("leak_restated_8", 2, "smollm2", leak("quiz_restated", 8), against="tuned"),
    Arm("tuned_messy", 3, "smollm2", drawn("small_messy"), against="tuned", writes=True),
    Arm("tuned_prepared", 3, "smollm2", drawn("small_messy_kept"), against="tuned_messy", writes=True),
    Arm("tuned_strict", 3, "smollm2", drawn("small_messy_strict"), against="tuned_messy", writes=True),
    Arm("wrong_token", 4, "smollm2", drawn("small_pool"), form="wrong_token", against="tuned", writes=True),
    Arm("double_bos", 4, "smollm2", drawn("small_pool"), form="double_bos", against="tuned", writes=True),
    Arm("no_end", 4, "smollm2", drawn("small_pool"), form="no_end", against="tuned", writes=True),
    Arm("tuned_prompts_too", 5, "smollm2", drawn("small_pool"), prompts=True, against="tuned"),
    Arm("random_1000", 6, "smollm2", thousand("small_pool"), against="tuned", writes=True),
    Arm("chosen_1000", 6, "smollm2", thousand("chosen"), against="random_1000", writes=True),
    Arm("longest_1000", 6, "smollm2", thousand("longest"), against="random_1000", writes=True),
    Arm("split_by_row", 7, "smollm2", drawn("family_row_train")),
    Arm("split_by_family", 7, "smollm2", drawn("family_group_train")),
]  # fmt: skip


def named(names: list[str]) -> list[Arm]:
    """Arms by name, by the model they start from, or all."""
    known = {arm.name for arm in ARMS} | {"all", "scratch_model", "pretrained"}
    if unknown := set(names) - known:
        raise SystemExit(f"unknown arms: {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
    wanted = set(names)
    return [
        arm
        for arm in ARMS
        if wanted & {"all", arm.name, {"scratch": "scratch_model", "smollm2": "pretrained"}[arm.start]}
    ]
