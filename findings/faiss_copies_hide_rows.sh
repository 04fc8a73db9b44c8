#!/usr/bin/env bash
# Guess: of a row's own neighbours the first is the row itself, so that one asks for one more and drops it; and an empty text,
# a vector of zeros, is nobody's neighbour.
# Seen: among copies any comes first, and with more copies than neighbours the row is not there: what is dropped is a copy, and
# what stays may be the row. A vector of zeros is nearer to every row than all that point away from it; a search for all rows
# from cosine 1 on does not find most rows themselves.
. "$(dirname "$0")/packages.bash"
packages faiss-cpu==1.15.1 numpy==2.3.5
cd "$folder"
python - 2>/dev/null <<'PY'
import faiss
import numpy as np

chance = np.random.default_rng(0)
rows = chance.normal(size=(1000, 64)).astype("float32")
rows[[10, 20, 30]] = rows[3]
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
rows[5] = 0
index = faiss.IndexFlatIP(64)
index.add(rows)
_, near = index.search(rows, 3)
_, every = index.search(rows, 1000)
places = [list(one).index(5) for one in every[6:10]]
first, _, found = index.range_search(rows, 1.0)
itself = sum(n in found[first[n] : first[n + 1]] for n in range(1000))
print([near[n].tolist() for n in (3, 10, 20, 30)], places, itself)
assert sum(n not in near[n] for n in (3, 10, 20, 30)) == 1
assert all(300 < place < 700 for place in places) and itself < 900
PY
