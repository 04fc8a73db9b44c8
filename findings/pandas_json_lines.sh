#!/usr/bin/env bash
# Guess: read_json(lines=True) gives the texts of a JSONL file back as texts.
# Seen: a column of texts that look like numbers becomes numbers (007 is 7, 1e5 is 100000), whatever its name.
. "$(dirname "$0")/packages.bash"
packages pandas==3.1.1
cd "$folder"
printf '{"prompt": "Agent?", "completion": "007"}\n{"prompt": "A large round number, short?", "completion": "1e5"}\n' > rows.jsonl
python - <<'PY'
import pandas as pd

read = pd.read_json("rows.jsonl", lines=True)["completion"].tolist()
print(read)
assert read == [7.0, 100000.0]
PY
