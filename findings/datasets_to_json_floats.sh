#!/usr/bin/env bash
# Guess: Dataset.to_json writes a float so that it reads back the same.
# Seen: ten decimal places, as pandas does: log-probabilities and small scores are rounded, -1e-12 becomes -0.0.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 pandas==3.1.1
cd "$folder"
python - 2>/dev/null <<'PY'
import json
from datasets import Dataset

row = {"score": 0.1234567890123456, "logprob": -1e-12}
Dataset.from_list([row]).to_json("scores.jsonl")
read = json.loads(open("scores.jsonl").read())
print(row, read)
assert read == {"score": 0.123456789, "logprob": 0.0}
PY
