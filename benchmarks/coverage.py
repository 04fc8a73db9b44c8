"""Behaviours from descriptions and a few examples: who is right, how often nothing is said, and which gaps are found.

    python benchmarks/coverage.py            the tables
    python benchmarks/coverage.py --fit      the weights of finesift.cover.assign, fitted anew

Fitted on one half of CLINC150's development intents, A, and of BANKING77's, C; shown on the other halves, B and D, and
on all intents, of which half were fitted on. Requests of intents that are not in the plan, and CLINC150's out-of-scope
ones, are outside.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import numpy as np

from finesift.cover import assign as module
from finesift.cover.assign import SURE, UNSURE, assign, interval
from finesift.cover.near import uncovered
from finesift.embed.clusters import by_weight
from finesift.embed.load import embedder

DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[2] / "shared/data"))
COUNTS, DRAWS = (0, 3, 5, 10), 10
#: Sets that are shown, with the sizes of plans.
SHOWN = {"B": (10, 38), "D": (10, 39), "CLINC150": (75,), "BANKING77": (30, 77)}


def load():
    """By set: pool and test texts as vectors with their intents, and requests that are outside.

    A and B are halves of CLINC150's intents, C and D of BANKING77's, drawn once; outside of A and C are other requests
    than outside of B and D.
    """
    embed = embedder(None)
    clinc = json.loads((DATA / "truth_behaviours/clinc150/dev.json").read_bytes())
    vectors = {name: embed([row[0] for row in clinc[name]]) for name in clinc if name != "intents"}
    intents = {name: np.array([row[1] for row in clinc[name]]) for name in vectors}
    bank, labels = {}, {}
    for part in ("train", "test"):
        with (DATA / f"sft/customer_support/banking77/{part}.csv").open() as file:
            rows = list(csv.reader(file))[1:]
        bank[part], labels[part] = embed([row[0] for row in rows]), np.array([row[1] for row in rows])
    seen, fresh = np.concatenate([vectors["oos_val"], vectors["oos_train"]]), vectors["oos_test"]
    halves = {
        **_halved("AB", vectors, intents, (seen, fresh), 7, 37),
        **_halved("CD", bank, labels, (vectors["oos_val"], fresh), 11, 38),
        "CLINC150": (vectors["train"], intents["train"], vectors["test"], intents["test"], fresh),
        "BANKING77": (bank["train"], labels["train"], bank["test"], labels["test"], fresh),
    }
    names = sorted({str(one) for of in halves.values() for one in of[1]})
    said = embed([name.replace("_", " ").replace("?", "") for name in names])
    return halves, dict(zip(names, said, strict=True))


def _halved(called, vectors, intents, outside, seed, first):
    names = np.unique(intents["test"])
    order = names[np.random.default_rng(seed).permutation(len(names))]
    found = {}
    for name, some, out in zip(called, (order[:first], order[first:]), outside, strict=True):
        pool, test = np.isin(intents["train"], some), np.isin(intents["test"], some)
        found[name] = (
            vectors["train"][pool],
            intents["train"][pool],
            vectors["test"][test],
            intents["test"][test],
            out,
        )
    return found


def draw(of, described, count, number, seed, *, others=0.5, out=0.2):
    """A plan of some intents with so many examples each, and requests in and out of it, with the right behaviour."""
    pool, labels, test, truth, outside = of
    chance = np.random.default_rng(seed)
    names = np.unique(labels)
    names = np.sort(chance.choice(names, min(number, len(names)), replace=False))
    texts, owners = [], []
    for at, name in enumerate(names):
        rows = chance.choice(np.flatnonzero(labels == name), count, replace=False)
        texts.append(np.concatenate([described[str(name)][None], pool[rows]]))
        owners += [at] * (count + 1)
    inside = np.flatnonzero(np.isin(truth, names))
    rest = np.flatnonzero(~np.isin(truth, names))
    rest = chance.choice(rest, min(len(rest), int(others * len(inside))), replace=False)
    requests = np.concatenate([test[inside], test[rest], outside[: int(out * len(inside))]])
    right = np.full(len(requests), -1)
    right[: len(inside)] = np.searchsorted(names, truth[inside])
    return requests, np.concatenate(texts), np.array(owners, np.int32), right


def fit(sets, described):
    """The softmax by Newton's method, over plans of 3 intents to all, with 0 to 10 examples.

    In half of them the requests of other intents are one and a half times those of the plan's, in half there are none.
    """
    drawn = []
    for name in ("A", "C"):
        for count in (0, 1, 3, 5, 10):
            for number in (3, 6, 12, 25, 40):
                for seed in range(2):
                    others = 0 if seed else 1.5
                    requests, texts, owners, truth = draw(
                        sets[name], described, count, number, seed * 100 + count * 7 + number, others=others
                    )
                    counts = np.bincount(owners)
                    scores, _ = module.scores(requests, texts, np.cumsum(counts) - counts)
                    found = module.features(scores, counts)
                    drawn.append((found, np.where(truth < 0, found.shape[1] - 1, truth)))
    weights, rows = np.zeros(len(module.WEIGHTS)), sum(len(truth) for _, truth in drawn)
    for _ in range(25):
        slope, bend = 1e-4 * weights, 1e-4 * np.eye(len(weights))
        for x, truth in drawn:
            p = module.softmax(x @ weights)
            expected = np.einsum("nb,nbd->nd", p, x)
            slope = slope - (x[np.arange(len(truth)), truth] - expected).sum(axis=0) / rows
            each = np.einsum("nb,nbd,nbe->de", p, x, x, optimize=True)
            bend = bend + (each - expected.T @ expected) / rows
        weights -= np.linalg.solve(bend, slope)
    print("WEIGHTS = np.array(", np.round(weights, 2).tolist(), ")")
    module.WEIGHTS = np.round(weights, 2)
    for sure in (0.65, 0.7, 0.72, 0.75, 0.8):
        right = []
        for name, number in (("A", 12), ("A", 37), ("C", 12), ("C", 38)):
            for seed in range(6):
                requests, texts, owners, truth = draw(sets[name], described, 5, number, 500 + seed)
                found = assign(requests, texts, owners)
                right.append((found.behaviour == truth)[found.sure >= sure].mean())
        print(f"sure from {sure}: {np.mean(right):.3f} right on what was fitted on")


def auroc(inside, outside):
    ranks = np.argsort(np.argsort(np.concatenate([inside, outside]))) + 1
    return (ranks[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside))


def tables(sets, described):
    print("set         plan  texts accuracy  macro F1   outside  assigned     right  interval  calibration")
    for name, numbers in SHOWN.items():
        for number in numbers:
            for count in COUNTS:
                figures = [
                    one(draw(sets[name], described, count, number, 900 + seed)) for seed in range(DRAWS)
                ]
                shown = "  ".join(f"{figure:8.3f}" for figure in np.mean(figures, axis=0))
                print(f"{name:10} {number:5} {count:6} {shown}", flush=True)
    print(
        "\nassigned: of the requests whose behaviour is in the plan. right: of those, outside ones counted wrong."
    )
    print("interval: behaviours whose true number of rows lies within the printed interval.")
    print("calibration: mean distance, over tenths of certainty, of what is said from what is right.")


def one(drawn):
    requests, texts, owners, truth = drawn
    found = assign(requests, texts, owners)
    inside = truth >= 0
    hit = found.behaviour == truth
    sure = found.sure >= SURE
    f1 = []
    held = []
    for behaviour in range(owners.max() + 1):
        mine, said = truth == behaviour, inside & (found.behaviour == behaviour)
        f1.append(2 * (mine & said).sum() / max(1, mine.sum() + said.sum()))
        low, high = interval(found.chances[:, behaviour])
        held.append(low <= mine.sum() <= high)
    outside = auroc(found.sure[inside], found.sure[~inside])
    right = hit[sure].mean() if sure.any() else 1.0
    return (
        hit[inside].mean(),
        np.mean(f1),
        outside,
        (sure & inside).sum() / inside.sum(),
        right,
        np.mean(held),
        calibration(found.sure, hit),
    )


def calibration(sure, hit):
    tenth = np.minimum((sure * 10).astype(int), 9)
    many = np.bincount(tenth, minlength=10)
    said, right = (np.bincount(tenth, weights, minlength=10) for weights in (sure, hit))
    return np.abs(said - right).sum() / many.sum()


def intervals(sets, described):
    """Draws of plans with five examples: behaviours whose true number lies within the interval, over all draws."""
    print(f"\n{'set':10} {'plan':>5} {'draws':>6} {'behaviours within':>18}")
    for name, numbers in SHOWN.items():
        for number in numbers:
            held = [one(draw(sets[name], described, 5, number, 5000 + seed))[5] for seed in range(200)]
            print(f"{name:10} {number:5} {200:6} {np.mean(held):18.3f}", flush=True)


def gaps(sets, described):
    """Of 75 intents 10, and of fewer as many in proportion, removed or thinned to a tenth.

    Found: behaviours that are said to be under a minimum of half of what they had.
    """
    print(f"\n{'set':10} {'texts':>6} {'recall':>7} {'precision':>10}")
    for name in SHOWN:
        pool, labels, test, truth, _ = sets[name]
        names = np.unique(labels)
        lost = round(len(names) * 10 / 75)
        for count in (3, 5, 10):
            told = caught = planted = 0
            for seed in range(20):
                chance = np.random.default_rng(seed)
                gone = chance.choice(len(names), lost, replace=False)
                keep = np.ones(len(truth), bool)
                for at in gone:
                    rows = np.flatnonzero(truth == names[at])
                    keep[chance.choice(rows, round(len(rows) * (1.0 if at % 2 else 0.9)), replace=False)] = (
                        False
                    )
                texts, owners = [], []
                for at, intent in enumerate(names):
                    rows = chance.choice(np.flatnonzero(labels == intent), count, replace=False)
                    texts.append(np.concatenate([described[str(intent)][None], pool[rows]]))
                    owners += [at] * (count + 1)
                found = assign(test[keep], np.concatenate(texts), np.array(owners, np.int32))
                want = np.array([(truth == intent).sum() / 2 for intent in names])
                have = np.bincount(found.behaviour[found.sure >= UNSURE], minlength=len(names))
                missed = np.flatnonzero(have < want)
                caught += len(set(missed) & set(gone))
                told += len(missed)
                planted += len(gone)
            print(f"{name:10} {count:6} {caught / planted:7.3f} {caught / max(1, told):10.3f}")


def traffic(sets):
    """Five intents that traffic asks for and training does not have, among the uncovered groups."""
    print(f"\n{'set':10} {'draws in which all five are among the first seven groups':>40}")
    for name in ("B", "BANKING77"):
        pool, labels, test, truth, _ = sets[name]
        names, good, found = np.unique(labels), 0, 0.0
        for seed in range(10):
            gone = np.random.default_rng(seed).choice(names, 5, replace=False)
            kept = pool[~np.isin(labels, gone)]
            far, _ = uncovered(test, kept)
            groups = by_weight(test[far], [""] * len(far))[:7]
            seen = {max(set(of), key=of.count) for of in (truth[far[one.rows]].tolist() for one in groups)}
            found += len(set(gone) & seen) / 5
            good += set(gone) <= seen
        print(f"{name:10} {good} of 10; of the five are found {found / 10:.2f}")


if __name__ == "__main__":
    if not (DATA / "truth_behaviours/clinc150/dev.json").is_file():
        sys.exit(f"{DATA} has no truth_behaviours/clinc150: nothing to measure on")
    loaded = load()
    if "--fit" in sys.argv:
        fit(*loaded)
    else:
        tables(*loaded)
        intervals(*loaded)
        gaps(*loaded)
        traffic(loaded[0])
