#!/usr/bin/env bash
# Guess: community_detection finds groups of two near copies.
# Seen: none under ten rows are a community unless min_community_size says so; and rows with a vector of zeros, empty texts, are in
# none at all, not even alone.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 sentence-transformers==6.2.0 transformers==5.24.0
cd "$folder"
python - 2>/dev/null <<'PY'
import torch
from sentence_transformers import util

torch.manual_seed(0)
rows = torch.nn.functional.normalize(torch.randn(40, 32), dim=1)
rows[[10, 20]] = rows[3].clone()
rows[30:33] = 0
default = util.community_detection(rows, threshold=0.9)
pairs = util.community_detection(rows, threshold=0.9, min_community_size=2)
alone = util.community_detection(rows, threshold=0.9, min_community_size=1)
missing = set(range(40)) - {row for group in alone for row in group}
print(default, pairs, missing)
assert default == [] and [sorted(group) for group in pairs] == [[3, 10, 20]] and missing == {30, 31, 32}
PY
