"""Ways to choose, and the choices by chance that each is to be compared with. All are deterministic."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors
from finesift.errors import UsageError
from finesift.select.budget import Budget
from finesift.select.facility import facility_location
from finesift.select.pool import Pool

#: Rows that pairs are computed of; of more, so many are drawn by the hash of their ids.
MOST = 50_000
#: A behaviour with at most this share of the rows is kept whole, where behaviours are named.
RARE = 0.005
#: DEITA's rule: a row this near to a chosen one adds nothing.
SAME = 0.9
SEEDS = 5
#: Answers are of a length where they lie in the same of so many quantiles.
LENGTHS = 20

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """What a user asks for.

    like: vectors of a target set. least: rows of each behaviour that come first. plan: vectors of the texts that stand
    for a plan's behaviours. minimums: rows that the plan asks of each; where it is silent, `least`.
    """

    budget: Budget
    by: str = "diverse"
    like: Vectors | None = None
    least: int = 0
    plan: Vectors | None = None
    minimums: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """rows: positions in the pool, in order. reasons: why, for each."""

    rows: Numbers
    reasons: list[str] = field(default_factory=list)


def diverse(pool: Pool, rows: Numbers, count: int, _: Asked) -> Numbers:
    """Facility location: every row has one like it among the chosen."""
    return rows[facility_location(pool.vectors[rows], count).rows]


def center(pool: Pool, rows: Numbers, count: int, _: Asked) -> Numbers:
    """k-center: the next row is always the one farthest from all chosen. It seeks what is odd, faults included."""
    vectors = pool.vectors[rows]
    at = int((vectors @ vectors.mean(axis=0)).argmax())
    picked: list[int] = [at]
    nearest = vectors @ vectors[at]
    while len(picked) < min(count, len(rows)):
        at = int(nearest.argmin())
        picked.append(at)
        np.maximum(nearest, vectors @ vectors[at], out=nearest)
        nearest[at] = np.inf
    return rows[np.array(picked, np.int64)]


def deita(pool: Pool, rows: Numbers, count: int, _: Asked) -> Numbers:
    """Quality first, then distance (Liu et al. 2023): from the best row on, each that is not too near a chosen one;
    then the rest by quality, where that leaves room."""
    order = rows[np.argsort(pool.array("quality")[rows], kind="stable")]
    vectors = pool.vectors
    chosen = np.empty((count, vectors.shape[1]), np.float32)
    taken: list[int] = []
    for at in range(0, len(order), 256):
        some = order[at : at + 256]
        near = (vectors[some] @ chosen[: len(taken)].T).max(axis=1, initial=-1)
        before = len(taken)
        for row in some[near < SAME]:
            if len(taken) == count:
                return np.array(taken)
            if (chosen[before : len(taken)] @ vectors[row]).max(initial=-1) < SAME:
                chosen[len(taken)] = vectors[row]
                taken.append(int(row))
    return np.concatenate([np.array(taken, np.int64), order[~np.isin(order, taken)]])[:count]


def like(pool: Pool, rows: Numbers, count: int, asked: Asked) -> Numbers:
    """Nearness to a target set: every target has a row like it among the chosen, then each a second one, and so on."""
    if asked.like is None:
        raise UsageError("--by like needs a target set.", hint="Name one:  --like target.jsonl")
    return rows[facility_location(pool.vectors[rows], count, covered=asked.like).rows]


def coverage(pool: Pool, rows: Numbers, count: int, asked: Asked) -> Numbers:
    """Nearness to a plan: every example of it has a row like it among the chosen, then each a second one, and so on."""
    if asked.plan is None:
        raise UsageError(
            "--by coverage needs a plan.",
            hint="Name it:  --plan behaviours.toml; `finesift plan` drafts one.",
        )
    return rows[facility_location(pool.vectors[rows], count, covered=asked.plan).rows]


Way = Callable[[Pool, Numbers, int, Asked], Numbers]
WAYS: dict[str, Way] = {
    "diverse": diverse,
    "center": center,
    "deita": deita,
    "like": like,
    "coverage": coverage,
}


def choose(pool: Pool, asked: Asked) -> Choice:
    """The choice that was asked for: minimums of behaviours first, the rest by the way asked for."""
    if asked.by not in WAYS:
        raise UsageError(f"there is no way {asked.by!r} to choose.", hint=f"Known are {', '.join(WAYS)}.")
    tokens = _tokens(pool, asked.budget)
    most = asked.budget.most(tokens)
    rows = _candidates(pool)
    reasons: dict[int, str] = _minimums(pool, rows, asked, most)
    rest = rows[~np.isin(rows, list(reasons))]
    if len(rest) and len(reasons) < most:
        order = WAYS[asked.by](pool, rest, most - len(reasons), asked)
        reasons |= {int(row): f"{asked.by}, {n} of {len(order)}" for n, row in enumerate(order, 1)}
    kept = asked.budget.cut(np.array(list(reasons), np.int64), tokens)
    return Choice(kept, [reasons[int(row)] for row in kept])


def by_chance(pool: Pool, chosen: Choice, budget: Budget) -> dict[str, Numbers]:
    """What to train beside a choice: rows at random, as many and with as many tokens, five times each; the longest
    answers; and random rows with answers as long as the chosen ones'."""
    found: dict[str, Numbers] = {}
    tokens = None if pool.rows["tokens"].null_count() else pool.array("tokens")
    for seed in range(1, SEEDS + 1):
        order = _shuffled(pool, f"random {seed}")
        found[f"random_{seed}"] = order[: len(chosen.rows)]
        if tokens is not None:
            found[f"random_tokens_{seed}"] = Budget(tokens=int(tokens[chosen.rows].sum())).cut(order, tokens)
    longest = np.argsort(-pool.array("length"), kind="stable")
    found["longest"] = budget.cut(longest, _tokens(pool, budget))
    found["length_matched"] = _matched(pool, chosen.rows)
    return found


def _tokens(pool: Pool, budget: Budget) -> Numbers:
    if budget.tokens is None:
        return np.zeros(len(pool), np.int64)
    if pool.rows["tokens"].null_count():
        raise UsageError(
            "the run counted no tokens.",
            hint="Choose by rows:  -n 1000; or make the run without --no-tokens.",
        )
    return pool.array("tokens")


def _candidates(pool: Pool) -> Numbers:
    """One row of each cluster, the best; of more than MOST, those drawn."""
    best = (
        pool.rows.with_row_index("at")
        .sort("quality", "at")
        .unique("cluster", keep="first")["at"]
        .sort()
        .to_numpy()
    )
    if len(best) <= MOST:
        return best.astype(np.int64)
    order = _shuffled(pool, "candidates")
    return np.sort(order[np.isin(order, best)][:MOST])


def _minimums(pool: Pool, rows: Numbers, asked: Asked, most: int) -> dict[int, str]:
    """Rows that come before all others: rare behaviours whole, of each other one as many as asked for."""
    if pool.rows["behaviour"].null_count() == len(pool):
        return {}
    behaviours = pool.rows["behaviour"].to_numpy()
    reasons: dict[int, str] = {}
    sizes = pool.rows.drop_nulls("behaviour").group_by("behaviour").len().sort("len", "behaviour")
    for name, size in sizes.iter_rows():
        if size <= RARE * len(pool):
            reasons |= dict.fromkeys(
                np.flatnonzero(behaviours == name).tolist(), f"all {size} rows of {name}, which is rare"
            )
        elif least := asked.minimums.get(name, asked.least):
            of = rows[behaviours[rows] == name]
            picked = of[facility_location(pool.vectors[of], least).rows]
            reasons |= dict.fromkeys(picked.tolist(), f"one of {len(picked)} rows that {name} has at least")
    if len(reasons) > most:
        raise UsageError(
            f"what behaviours need at least is {len(reasons):,} rows, and {most:,} are to be chosen.",
            hint="Choose more rows, or ask for less of each behaviour.",
        )
    return reasons


def _matched(pool: Pool, rows: Numbers) -> Numbers:
    """Random rows with answers as long as those of `rows`: as many of each quantile of length."""
    lengths = pool.array("length")
    edges = np.quantile(lengths, np.linspace(0, 1, LENGTHS + 1)[1:-1])
    of = np.searchsorted(edges, lengths, "right")
    order = _shuffled(pool, "length matched")
    wanted = np.bincount(of[rows], minlength=LENGTHS)
    parts = [order[of[order] == quantile][:count] for quantile, count in enumerate(wanted)]
    return np.concatenate(parts)


def _shuffled(pool: Pool, salt: str) -> Numbers:
    """An order by hashes of ids: rows that are added move no others."""
    hashes = [hashlib.blake2b(f"{salt}\0{id_}".encode(), digest_size=8).digest() for id_ in pool.ids]
    return np.array(sorted(range(len(pool)), key=hashes.__getitem__), np.int64)


def nearest(pool: Pool, chosen: Numbers) -> tuple[Numbers, NDArray[np.float32]]:
    """For each row of the pool the position of the nearest chosen one, and the similarity to it."""
    if not len(chosen):
        return np.zeros(len(pool), np.int64), np.full(len(pool), -1, np.float32)
    at, how = np.empty(len(pool), np.int64), np.empty(len(pool), np.float32)
    targets = pool.vectors[chosen].T
    for lo in range(0, len(pool), 1024):
        similar = pool.vectors[lo : lo + 1024] @ targets
        at[lo : lo + 1024] = chosen[similar.argmax(axis=1)]
        how[lo : lo + 1024] = similar.max(axis=1)
    return at, how


def overlaps(sets: dict[str, Numbers], count: int) -> pl.DataFrame:
    """set, other, shared, chance: rows that two choices share, and how many they would by chance."""
    names = list(sets)
    pairs = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :]]
    shared = [len(np.intersect1d(sets[a], sets[b])) for a, b in pairs]
    chance = [len(sets[a]) * len(sets[b]) / max(1, count) for a, b in pairs]
    return pl.DataFrame(
        {"set": [a for a, _ in pairs], "other": [b for _, b in pairs], "shared": shared, "chance": chance}
    )
