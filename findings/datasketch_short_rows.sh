#!/usr/bin/env bash
# Guess: rows with fewer words than the n-gram size have no signature to compare, or are compared as they are.
# Seen: two signatures that were never updated are equal, so any two short rows have Jaccard 1; and the default LSH
# for 0.7 takes 14 bands of 9 rows, which finds under half of the pairs at exactly 0.7.
. "$(dirname "$0")/packages.bash"
packages datasketch==2.0.0
python - <<'PY'
from datasketch import MinHash, MinHashLSH

def signature(text, n=5):
    minhash, words = MinHash(128), text.split()
    for i in range(len(words) - n + 1):
        minhash.update(" ".join(words[i : i + n]).encode())
    return minhash

lsh = MinHashLSH(threshold=0.7, num_perm=128)
similarity = signature("Name a tree.").jaccard(signature("Divide ten by four."))
print(similarity, lsh.b, lsh.r, round(1 - (1 - 0.7**lsh.r) ** lsh.b, 2))
assert similarity == 1.0 and (lsh.b, lsh.r) == (14, 9)
PY
