"""rensa: R-MinHash in Rust over shingles from Python; 16 bands of 8, and its own estimate of at least 0.7."""

from rensa import RMinHash, RMinHashLSH
from shared import read, shingles, write

sketches = []
for text in read():
    sketch = RMinHash(num_perm=128, seed=42)
    sketch.update(shingles(text))
    sketches.append(sketch)
index = RMinHashLSH(threshold=0.7, num_perm=128, num_bands=16)
index.insert_many(sketches)
write(
    [
        (row, other)
        for row, others in enumerate(index.query_all(sketches))
        for other in others
        if row < other and sketches[row].jaccard(sketches[other]) >= 0.7
    ]
)
