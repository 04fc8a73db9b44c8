"""What meaning costs: vectors, neighbours, groups and the places of a map, of so many prompts, in one process.

    python benchmarks/neighbourhood.py             Alpaca's 52,002 rows
    python benchmarks/neighbourhood.py 1000000     so many: Alpaca's instructions, each with the input of another row

Printed are seconds of processor time and the peak of memory beyond what was used with the texts in memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np
import polars as pl

from finesift.embed.clusters import clusters
from finesift.embed.layout import layout
from finesift.embed.neighbours import pairs
from finesift.embed.static import Static
from finesift.match.kernels import processors
from finesift.match.meaning import NEAREST, NEIGHBOURS, PROPOSED
from finesift.report.map import DRAWN, FLAGGED, GROUPS, LOOKED_AT
from measure import data_folder


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def texts(count: int | None) -> list[str]:
    rows = json.loads((data_folder() / "sft/alpaca_data.json").read_text("utf-8"))
    if count is None:
        return [f"{row['instruction']}\n{row['input']}" for row in rows]
    asked = pl.Series([row["instruction"] for row in rows])
    more = pl.Series([row["input"][:200] or row["output"][:80] for row in rows])
    chance = np.random.default_rng(17)
    here, there = (chance.integers(len(rows), size=count) for _ in range(2))
    return (
        pl.select(pl.concat_str(asked.gather(here), more.gather(there), separator="\n")).to_series().to_list()
    )


def main() -> None:
    said = texts(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    start, before = time.process_time(), peak()
    took = {}

    def done(what: str) -> None:
        nonlocal start
        now = time.process_time()
        took[what] = now - start
        print(f"{what:12} {now - start:7.1f} s   {peak() - before:7,.0f} MB", flush=True)
        start = now

    static = Static()
    tokens = static.tokens(said)
    vectors = static.weighed(tokens, static.rarity(tokens))
    done("vectors")
    order = np.random.default_rng(17).permutation(len(vectors))
    # As `finesift prep` looks for them: where there are many, the nearest alone.
    least = NEAREST if len(vectors) > 8_192 else PROPOSED
    left, _, _ = pairs(vectors, k=NEIGHBOURS, least=least, order=order, threads=processors())
    done("neighbours")
    looked_at = np.sort(order[:LOOKED_AT])
    groups = clusters(vectors[looked_at].astype(np.float32), [said[n] for n in looked_at.tolist()], GROUPS)
    done("groups")
    layout(vectors[looked_at[: DRAWN + FLAGGED]].astype(np.float32))
    done("map")
    print(
        f"{len(said):,} prompts: {sum(took.values()):.1f} s, {peak() - before:,.0f} MB beyond the texts; "
        f"{len(left):,} pairs from {least}, {len(groups)} groups"
    )


if __name__ == "__main__":
    main()
