"""Behaviours from descriptions and a few examples: who is right, how often nothing is said, and which gaps are found.

    python benchmarks/coverage.py            the tables
    python benchmarks/coverage.py --fit      the weights of finesift.cover.assign, fitted anew

Fitted on one half of CLINC150's development intents, A; shown on the other half, B, and on BANKING77, of which
nothing was used. Requests of intents that are not in the plan, and CLINC150's out-of-scope ones, are outside.
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
from finesift.cover.clusters import by_weight
from finesift.cover.near import uncovered
from finesift.embed.load import embedder

DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[2] / "shared/data"))
COUNTS, DRAWS = (0, 3, 5, 10), 10


def load():
    """By set: pool and test texts as vectors with their intents, and requests that are outside."""
    embed = embedder(None)
    clinc = json.loads((DATA / "truth_behaviours/clinc150/dev.json").read_bytes())
    vectors = {name: embed([row[0] for row in clinc[name]]) for name in clinc if name != "intents"}
    intents = {name: np.array([row[1] for row in clinc[name]]) for name in vectors}
    order = np.array(sorted(clinc["intents"]))[np.random.default_rng(7).permutation(len(clinc["intents"]))]
    outside = np.concatenate([vectors["oos_val"], vectors["oos_train"]])
    sets = {}
    for name, some, out in (("A", order[:37], outside), ("B", order[37:], vectors["oos_test"])):
        pool, test = np.isin(intents["train"], some), np.isin(intents["test"], some)
        sets[name] = (
            vectors["train"][pool],
            intents["train"][pool],
            vectors["test"][test],
            intents["test"][test],
            out,
        )
    bank = {}
    for part in ("train", "test"):
        with (DATA / f"sft/customer_support/banking77/{part}.csv").open() as file:
            rows = list(csv.reader(file))[1:]
        bank[part] = embed([row[0] for row in rows]), np.array([row[1] for row in rows])
    sets["BANKING77"] = (*bank["train"], *bank["test"], vectors["oos_test"])
    names = sorted({str(one) for of in sets.values() for one in of[1]})
    described = dict(
        zip(names, embed([name.replace("_", " ").replace("?", "") for name in names]), strict=True)
    )
    return sets, described


def draw(of, described, count, number, seed, *, others=0.5, out=0.2):
    """A plan of some intents with so many examples each, and requests in and out of it, with the right behaviour."""
    pool, labels, test, truth, outside = of
    chance = np.random.default_rng(seed)
    names = np.unique(labels)
    if chance.random() < 0.5 and number < len(names):
        middles = np.stack([pool[labels == name].mean(axis=0) for name in names])
        names = np.sort(names[np.argsort(-(middles @ middles[chance.integers(len(names))]))[:number]])
    else:
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
    """Logistic regression by Newton's method, over plans of 3 to 37 intents with 0 to 15 examples."""
    rows, right = [], []
    for count in (0, 1, 2, 3, 5, 8, 10, 15):
        for number in (3, 6, 12, 25, 37):
            for seed in range(6):
                requests, texts, owners, truth = draw(
                    sets["A"], described, count, number, seed * 100 + count * 7 + number, others=1.5
                )
                features, best = features_of(requests, texts, owners)
                rows.append(features)
                right.append(best == truth)
    x, y = np.concatenate(rows), np.concatenate(right).astype(float)
    weights = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (p - y) / len(y) + 1e-3 * weights
        bend = (x * (p * (1 - p))[:, None]).T @ x / len(y) + 1e-3 * np.eye(len(weights))
        weights -= np.linalg.solve(bend, slope)
    print("WEIGHTS = np.array(", np.round(weights, 3).tolist(), ")")


def features_of(requests, texts, owners):
    """The features that finesift.cover.assign weighs: one at a time, by weights of 0 and 1."""
    kept, columns = module.WEIGHTS, []
    try:
        for at in range(len(kept)):
            module.WEIGHTS = np.eye(len(kept))[at]
            found = assign(requests, texts, owners)
            p = np.clip(found.sure.astype(float), 1e-7, 1 - 1e-7)
            columns.append(np.log(p / (1 - p)))
    finally:
        module.WEIGHTS = kept
    return np.stack(columns, axis=1), found.behaviour


def auroc(inside, outside):
    ranks = np.argsort(np.argsort(np.concatenate([inside, outside]))) + 1
    return (ranks[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside))


def tables(sets, described):
    print("set         plan  texts accuracy  macro F1   outside  assigned     right  interval")
    for name, numbers in (("B", (10, 38)), ("BANKING77", (10, 30, 77))):
        for number in numbers:
            for count in COUNTS:
                figures = [
                    one(draw(sets[name], described, count, number, 900 + seed)) for seed in range(DRAWS)
                ]
                shown = "  ".join(f"{figure:8.3f}" for figure in np.mean(figures, axis=0))
                print(f"{name:10} {number:5} {count:6} {shown}")
    print(
        "\nassigned: of the requests whose behaviour is in the plan. right: of those, outside ones counted wrong."
    )
    print("interval: behaviours whose true number of rows lies within the printed interval.")


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
        low, high = interval(found.sure[found.behaviour == behaviour])
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
    )


def gaps(sets, described):
    """10 of the intents removed or thinned to a tenth: which behaviours are said to be under a minimum of half."""
    print(f"\n{'set':10} {'texts':>6} {'recall':>7} {'precision':>10}")
    for name in ("B", "BANKING77"):
        pool, labels, test, truth, _ = sets[name]
        names = np.unique(labels)
        for count in (3, 5, 10):
            told = caught = planted = 0
            for seed in range(20):
                chance = np.random.default_rng(seed)
                gone = chance.choice(len(names), 10, replace=False)
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
        gaps(*loaded)
        traffic(loaded[0])
