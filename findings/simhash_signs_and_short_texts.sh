#!/usr/bin/env bash
# Guess: texts of different signs have different hashes, and a short text with a word more is near.
# Seen: signs are not looked at, so C++ is C#, and "!!!", "???" and the empty text are one; while "Name a tree." and
# "Name a tree, please." differ in 21 of 64 bits, where 3 is the usual limit.
. "$(dirname "$0")/packages.bash"
packages simhash==2.1.2 numpy==2.3.5
python - <<'PY'
from simhash import Simhash

pairs = [("C++", "C#"), ("!!!", ""), ("!!!", "???"), ("Name a tree.", "Name a tree, please.")]
seen = [Simhash(a).distance(Simhash(b)) for a, b in pairs]
print(seen)
assert seen == [0, 0, 0, 21]
PY
