"""What a sample of read rows says about all of them: intervals, sample sizes, and when to stop reading.

Shares are fractions, confidence is a fraction, and `errors` of `read` rows were wrong. Bounds are exact where a gate
depends on them (Clopper-Pearson, or hypergeometric where the lot's size is known) and Wilson's where a person reads
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
Answer = Literal["accepted", "rejected", "read on"]
# A bisection halves what is unknown: after so many the rest is below a double's precision.
_HALVINGS = 60
_TERMS, _PRECISE, _NOTHING = 5_000, 1e-13, 1e-9
_BORROWED = 2.0  # rows


def wilson(errors: float, read: float, confidence: float = 0.95) -> Interval:
    """The interval of a share, for reading. Source: Wilson 1927, "Probable inference"."""
    if read <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, width = errors / read, z * z / read
    centre = (share + width / 2) / (1 + width)
    half = z / (1 + width) * sqrt(share * (1 - share) / read + width / (4 * read))
    low = 0.0 if errors <= 0 else max(0.0, centre - half)
    return low, 1.0 if errors >= read else min(1.0, centre + half)


def clopper_pearson(errors: int, read: int, confidence: float = 0.95) -> Interval:
    """The interval of a share that holds it at least this often, whatever it is. Source: Clopper, Pearson 1934."""
    return _exact(errors, read, confidence) if read else (0.0, 1.0)


def upper(errors: int, read: int, confidence: float, population: int | None = None) -> float:
    """The share that is exceeded with a risk of at most 1 - confidence, one-sided. population: of a finite lot.

    Source: Clopper, Pearson 1934; for a lot, Buonaccorsi 1987, "A note on confidence intervals for proportions in
    finite populations".
    """
    if errors >= read:
        return 1.0
    risk = 1 - confidence
    if population is not None:
        wrong = _last(
            errors, errors + population - read, lambda bad: _drawn(errors, read, bad, population) > risk
        )
        return wrong / population
    return _beta_quantile(confidence, errors + 1, read - errors)


def sample_size(
    max_error: float, confidence: float = 0.95, *, errors: int = 0, population: int | None = None
) -> int:
    """How many rows must be read for "at most `max_error` wrong" to follow from `errors` wrong ones among them.

    For an infinite lot this is the table of acceptance sampling: 59 rows for 5 % at 95 % with none wrong, 93 with one.
    Of a finite lot at most all of it.
    """
    risk = 1 - confidence
    if population is None:
        read = errors + 1
        while binomial(errors, read, max_error) > risk:
            read += 1
        return read
    bad = int(max_error * population) + 1  # the smallest number that is too many
    if bad > population:
        return min(errors + 1, population)
    fits = _last(errors, population, lambda read: _drawn(errors, read, bad, population) > risk)
    return min(fits + 1, population)


def binomial(errors: int, read: int, share: float) -> float:
    """The chance of at most `errors` in `read` draws."""
    if share <= 0 or errors >= read:
        return 1.0
    if share >= 1:
        return 0.0
    k = np.arange(errors + 1)
    logs = _choose(read, k) + k * log(share) + (read - k) * log1p(-share)
    return min(1.0, float(np.exp(logs).sum()))


def _drawn(errors: int, read: int, bad: int, population: int) -> float:
    """The chance of at most `errors` bad ones among `read` of a lot that holds `bad`."""
    k = np.arange(max(0, read - (population - bad)), min(errors, bad, read) + 1)
    if not len(k):
        return 0.0
    logs = _choose(bad, k) + _choose(population - bad, read - k) - _choose(population, np.array([read]))
    return min(1.0, float(np.exp(logs).sum()))


def _choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) for i in k.tolist()])


def _last(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The largest number from low to high of which `holds` is true, where it is true up to some point; else low."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


@dataclass(frozen=True)
class Stratum:
    """rows: how many there are in all."""

    errors: int
    read: int
    rows: int


def weighted(strata: Sequence[Stratum], confidence: float = 0.95) -> tuple[float, Interval]:
    """The share of errors in all strata together, each weighted by its rows, with its interval.

    As many rows drawn at random as would give the same variance take the place of those read, in Clopper and Pearson's
    interval; a stratum that was read whole adds no doubt, and one of which nothing was read may be anything.
    Source: Korn, Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data". Of few errors the variance within a stratum is unknown, so strata borrow from all:
    two rows at the overall share are added to each.
    """
    rows = sum(one.rows for one in strata)
    read = [one for one in strata if one.read]
    known = sum(one.rows for one in read)
    if not known:
        return 0.5, (0.0, 1.0)
    share = sum(one.rows / known * one.errors / one.read for one in read)
    seen = sum(one.read for one in read)
    overall = (share * seen + 1) / (seen + 2)
    variance = even = 0.0
    for one in read:
        part = (one.rows / known) ** 2 / one.read * (one.rows - one.read) / max(1, one.rows - 1)
        own = (one.errors + _BORROWED * overall) / (one.read + _BORROWED)
        variance += part * own * (1 - own)
        even += part
    low = high = share
    if even:
        worth = min(overall * (1 - overall) / variance, 1 / even)
        low, high = _exact(share * worth, worth, confidence)
    unknown = 1 - known / rows
    return share, (low * (1 - unknown), high * (1 - unknown) + unknown)


def _exact(errors: float, read: float, confidence: float) -> Interval:
    """Clopper and Pearson's interval, of fractions of rows too."""
    risk = (1 - confidence) / 2
    low = _beta_quantile(risk, errors, read - errors + 1) if errors > _NOTHING else 0.0
    high = _beta_quantile(1 - risk, errors + 1, read - errors) if read - errors > _NOTHING else 1.0
    return low, high


def _beta_quantile(chance: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _beta(a, b, middle) < chance else (low, middle)
    return high


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function. Source: Lentz's continued fraction, DLMF 8.17.22."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _TERMS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + step * d)
            c = 1 + step / c
            value *= c * d
        if abs(c * d - 1) < _PRECISE:
            break
    return front * value


@dataclass(frozen=True)
class Sequential:
    """Wald's test: read until it is settled whether a lot is as good as `good` or as bad as `bad`.

    A lot with `bad` wrong is accepted with a chance of at most `risk_bad`, one with `good` wrong is rejected with one
    of at most `risk_good`, however often one looks: the bounds are those of Ville's inequality, which hold without
    Wald's approximation. Source: Wald 1945, "Sequential tests of statistical hypotheses".
    """

    good: float = 0.01
    bad: float = 0.05
    risk_good: float = 0.05
    risk_bad: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.good < self.bad < 1:
            raise ValueError("a good lot has fewer errors than a bad one, and some")

    @property
    def steps(self) -> tuple[float, float]:
        """What a right and a wrong row add to the log of the odds for a bad lot."""
        return log1p(-self.bad) - log1p(-self.good), log(self.bad / self.good)

    def answer(self, wrong: Iterable[bool]) -> Answer:
        """After these rows, in the order in which they were drawn; the first bound that is reached counts."""
        right, fault = self.steps
        odds = 0.0
        for one in wrong:
            odds += fault if one else right
            if odds <= log(self.risk_bad):
                return "accepted"
            if odds >= -log(self.risk_good):
                return "rejected"
        return "read on"

    def more(self, wrong: Iterable[bool]) -> int:
        """How many more right rows in a row would accept the lot."""
        right, fault = self.steps
        odds = sum(fault if one else right for one in wrong)
        return max(0, ceil((log(self.risk_bad) - odds) / right))

    def expected(self, share: float, most: int = 20_000) -> tuple[float, float]:
        """The chance that a lot with this share of errors is accepted, and how many rows are read on average.

        Exact up to `most` rows: the test stands at (read, errors), and the chance of standing there is followed.
        """
        right, fault = self.steps
        lower, higher = log(self.risk_bad), -log(self.risk_good)
        at = np.ones(1)  # chance of so many errors, undecided so far
        accepted = read = 0.0
        for n in range(1, most + 1):
            left = at.sum()
            if left < 1e-12:
                break
            read += left
            at = np.append(at * (1 - share), 0.0) + np.append(0.0, at * share)
            odds = np.arange(len(at)) * fault + (n - np.arange(len(at))) * right
            accepted += at[odds <= lower].sum()
            at[(odds <= lower) | (odds >= higher)] = 0.0
            at = np.trim_zeros(at, "b") if at.any() else at[:1]
        return float(accepted), float(read)
