"""daft: signatures in Rust; 16 bands of 8 over them in numpy, and no verification, as its own guide does."""

import daft
import numpy as np
from daft.functions import minhash, normalize
from shared import DATA, write

text = normalize(daft.col("text"), lowercase=True, white_space=True)
frame = daft.read_json(DATA).select(minhash(text, num_hashes=128, ngram_size=5, seed=1).alias("signature"))
signatures = frame.to_arrow()["signature"].combine_chunks().flatten().to_numpy().reshape(-1, 128)
found = []
mixed = np.random.default_rng(1).integers(2**63, size=8, dtype=np.uint64) | np.uint64(1)
for band in range(0, 128, 8):
    keys = signatures[:, band : band + 8].astype(np.uint64) @ mixed
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    at = np.arange(len(keys))
    distance = 0
    while len(at):
        distance += 1
        at = at[at + distance < len(keys)]
        at = at[keys[at] == keys[at + distance]]
        found.append(np.stack([order[at], order[at + distance]], axis=1))
write(np.concatenate(found))
