#!/usr/bin/env bash
# Guess: a key that first appears far down the file becomes a column, or is an error.
# Seen: keys that the first 100 rows lack are dropped without a word; and of a key that stands twice in one object
# the first counts, where Python's readers take the last.
. "$(dirname "$0")/packages.bash"
packages polars==2.1.0
cd "$folder"
python - <<'PY'
import json
import polars as pl

with open("late.jsonl", "w") as f:
    for i in range(200):
        f.write(json.dumps({"text": "x"} | ({"label": False} if i == 150 else {})) + "\n")
with open("twice.jsonl", "w") as f:
    f.write('{"role": "user", "role": "assistant"}\n')
late, twice = pl.read_ndjson("late.jsonl"), pl.read_ndjson("twice.jsonl")
print(late.columns, twice.rows(), json.loads('{"role": "user", "role": "assistant"}'))
assert late.columns == ["text"]
assert twice.rows() == [("user",)]
PY
