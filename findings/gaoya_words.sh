#!/usr/bin/env bash
# Guess: gaoya's word analyser finds a copy in which one Chinese character was changed, and tells C++ from C#.
# Seen: a sentence without spaces is one word, so only its exact copy is found; signs are no words, so "C++ or C?" is
# "C# or C?", and "?!" is the empty text.
. "$(dirname "$0")/packages.bash"
packages gaoya==0.2.2
python - <<'PY'
from gaoya.minhash import MinHashStringIndex

def near(a, b):
    index = MinHashStringIndex(hash_size=32, jaccard_threshold=0.5, num_bands=40, band_size=3, analyzer="word", lowercase=True, ngram_range=(1, 1))
    index.insert_document(0, a)
    return index.query(b) == [0]

seen = {pair: near(*pair) for pair in (("写一首关于橡树的诗。", "写一首关于枫树的诗。"), ("C++ or C?", "C# or C?"), ("?!", ""), ("Oak.", "Elm."))}
print(seen)
assert list(seen.values()) == [False, True, True, False]
PY
