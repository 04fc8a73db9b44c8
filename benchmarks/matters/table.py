"""The table of a results file:  python benchmarks/matters/table.py results.jsonl

A figure is the mean over seeds with the lowest and highest seed behind it. A difference is to the arm that an arm is
compared with, of the same seed and so the same weights, order and draws; its interval is that of 95 % of 2,000
bootstrap samples over the measured rows, which knows nothing of seeds: the spread beside it does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from arms import ARMS, QUESTIONS, Arm
from numpy.typing import NDArray

Result = dict[str, Any]
SAMPLES = 2_000


def main() -> None:
    results = [json.loads(line) for file in sys.argv[1:] for line in Path(file).read_text().splitlines()]
    print("\n".join(table(results)))


def table(results: list[Result]) -> Iterator[str]:
    by_arm: dict[str, dict[int, Result]] = {}
    for one in results:
        by_arm.setdefault(one["arm"], {})[one["seed"]] = one
    yield from about(results)
    for question, title in QUESTIONS.items():
        arms = [arm for arm in ARMS if arm.question == question and arm.name in by_arm]
        if not arms:
            continue
        shown = [arm for arm in ARMS if arm.name in {a.against for a in arms} and arm.name in by_arm]
        yield f"\n### {question}. {title}\n"
        yield from rows_of(question, list(dict.fromkeys([*shown, *arms])), by_arm)


def about(results: list[Result]) -> Iterator[str]:
    for form in sorted({(one["form"], one["device"], one["torch"]) for one in results}):
        yield f"Form: {form[0]}; {form[1]}, PyTorch {form[2]}."
    kinds = {(one["parameters"], one["steps"], one["batch"], one["rate"]) for one in results}
    for parameters, steps, batch, rate in sorted(kinds):
        yield f"{parameters / 1e6:.1f} million parameters: {steps} steps of {batch} rows, learning rate {rate:g}."
    seconds = [one["seconds"] for one in results]
    yield f"{len(results)} trainings, {sum(seconds):.0f} seconds, {np.median(seconds):.1f} the median one."


Column = tuple[str, Callable[[Result], float]]


def loss(name: str) -> Column:
    return f"loss {name}", lambda one: mean_loss(one["losses"][name])


def share(name: str) -> Column:
    return name, lambda one: 100 * one["answers"][name]


def right(half: str) -> Column:
    return f"right {half}", lambda one: 100 * float(np.mean(one["quiz"][half]))


END: Column = "p(end)", lambda one: one["end"]
TOKENS: Column = "tokens", lambda one: one["answers"]["tokens"]
COLUMNS: dict[int, list[Column]] = {
    1: [loss("copied"), loss("val")],
    2: [loss("quiz leaked"), loss("quiz clean"), right("leaked"), right("clean")],
    3: [loss("val"), loss("other"), share("endless"), share("empty"), share("refusing"), share("merged"), TOKENS],
    4: [loss("val"), END, share("endless"), share("empty"), TOKENS],
    5: [loss("val"), loss("other")],
    6: [loss("val"), loss("other"), share("endless"), TOKENS],
    7: [loss("held back"), loss("apart")],
}  # fmt: skip
#: The loss whose difference to the other arm is shown.
COMPARED = {1: "val", 2: "quiz leaked", 3: "val", 4: "val", 5: "val", 6: "val"}


def rows_of(question: int, arms: list[Arm], by_arm: dict[str, dict[int, Result]]) -> Iterator[str]:
    columns, compared = COLUMNS[question], COMPARED.get(question)
    last = f"{compared} against" if compared else "held back - apart"
    heads = ["arm", "seeds", *(name for name, _ in columns), last]
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    for arm in arms:
        seeds = by_arm[arm.name]
        cells = [
            arm.name,
            str(len(seeds)),
            *(spread([read(one) for one in seeds.values()]) for _, read in columns),
        ]
        other = by_arm.get(arm.against or "", {})
        both = sorted(seeds.keys() & other.keys())
        if not compared:
            cells.append(
                gap([(one["losses"]["held back"], one["losses"]["apart"]) for one in seeds.values()])
            )
        elif arm.question == question and both:
            pairs = [(seeds[s]["losses"][compared], other[s]["losses"][compared]) for s in both]
            cells.append(f"{arm.against}: {difference(pairs)}")
        else:
            cells.append("")
        yield f"| {' | '.join(cells)} |"


def mean_loss(rows: list[tuple[float, int]]) -> float:
    totals, counts = np.array(rows).T
    return float(totals.sum() / counts.sum())


def spread(values: list[float]) -> str:
    digits = 1 if max(values) >= 10 else 3
    mean, low, high = (f"{v:.{digits}f}" for v in (np.mean(values), min(values), max(values)))
    return mean if low == high else f"{mean} ({low} to {high})"


def difference(pairs: list[tuple[list[tuple[float, int]], list[tuple[float, int]]]]) -> str:
    """The mean difference of losses over seeds, on the same rows, with its interval."""
    seeds = [(np.array(a), np.array(b)) for a, b in pairs]

    def measure(pick: NDArray[np.int64]) -> float:
        # The halves of a quiz are other rows with the next seed, and may differ by one.
        picked = [(a[pick % len(a)], b[pick % len(b)]) for a, b in seeds]
        return float(np.mean([(a[:, 0] - b[:, 0]).sum() / a[:, 1].sum() for a, b in picked]))

    return _interval(measure, min(len(a) for a, _ in seeds))


def gap(pairs: list[tuple[list[tuple[float, int]], list[tuple[float, int]]]]) -> str:
    """How far the loss on one set lies from that on another, over seeds; bootstrapped over the rows of both."""
    chance = np.random.default_rng(17)
    sets = [(np.array(a), np.array(b)) for a, b in pairs]

    def once(sample: bool) -> float:
        found = []
        for both in sets:
            a, b = (s[chance.integers(len(s), size=len(s))] if sample else s for s in both)
            found.append(a[:, 0].sum() / a[:, 1].sum() - b[:, 0].sum() / b[:, 1].sum())
        return float(np.mean(found))

    return _shown(once(False), np.array([once(True) for _ in range(SAMPLES)]))


def _interval(measure: Callable[[NDArray[np.int64]], float], count: int) -> str:
    chance = np.random.default_rng(17)
    samples = np.array([measure(chance.integers(count, size=count)) for _ in range(SAMPLES)])
    return _shown(measure(np.arange(count)), samples)


def _shown(value: float, samples: NDArray[np.float64]) -> str:
    low, high = np.quantile(samples, [0.025, 0.975])
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


if __name__ == "__main__":
    main()
