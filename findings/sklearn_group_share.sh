#!/usr/bin/env bash
# Guess: GroupShuffleSplit(test_size=0.1) holds back about a tenth of the rows.
# Seen: two of the eleven groups: of 100 rows, 90 of them one group, it holds back 2 or 91.
. "$(dirname "$0")/packages.bash"
packages scikit-learn==1.9.1
python - <<'PY'
import numpy as np
from sklearn.model_selection import GroupShuffleSplit

groups = np.array([0] * 90 + list(range(1, 11)))
held = [len(next(GroupShuffleSplit(test_size=0.1, random_state=s).split(groups, groups=groups))[1]) for s in range(40)]
print(sorted(set(held)), "of", len(groups))
assert not any(5 <= n <= 15 for n in held)
PY
