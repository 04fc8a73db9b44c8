"""What the peers that are driven from Python share."""

import sys
from pathlib import Path

import numpy as np
import orjson

DATA, OUT = sys.argv[1:3]


def read():
    with Path(DATA).open("rb") as file:
        return [orjson.loads(line)["text"] for line in file]


def shingles(text):
    words = text.lower().split()
    return {" ".join(words[k : k + 5]) for k in range(max(1, len(words) - 4))}


def write(pairs):
    """Pairs of row numbers, in any order, repeated or not; a row with itself does not count."""
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    keys = np.sort(pairs[:, 0] << 32 | pairs[:, 1])
    keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
    np.save(OUT, np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1).astype(np.uint32))
