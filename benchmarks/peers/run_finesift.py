"""Ours: reads the rows, finds the pairs. With --rate, prints how fast the matching alone is."""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import polars as pl

from finesift.match.near import near_pairs
from finesift.match.texts import Texts

arguments = argparse.ArgumentParser()
arguments.add_argument("data", type=Path)
arguments.add_argument("out", type=Path)
arguments.add_argument("--budget", type=int, default=None)
arguments.add_argument("--rate", action="store_true")
asked = arguments.parse_args()

texts = Texts.of(pl.read_ndjson(asked.data, schema={"text": pl.String})["text"])
# Peers have no rule for short texts of their own: least=1 leaves none out.
seconds = []
for _ in range(3 if asked.rate else 1):
    begun = time.perf_counter()
    pairs = near_pairs(texts, floor=0.7, least=1, budget=asked.budget)
    seconds.append(time.perf_counter() - begun)
np.save(asked.out, np.stack([pairs.left, pairs.right], axis=1))
print(
    json.dumps(
        {
            "capped": pairs.capped,
            "candidates": pairs.candidates,
            "seconds": min(seconds),
            "bytes": int((texts.ends - texts.starts).sum()),
        }
    )
)
