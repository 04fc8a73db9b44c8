#!/usr/bin/env bash
# Guess: an answer that was cut off in the middle is no JSON, and a repair says that something is missing.
# Seen: the text ends where it was cut and is closed, without a word; of a field that is given twice the last one counts, and two
# objects become a list.
. "$(dirname "$0")/packages.bash"
packages json-repair==0.64.6
cd "$folder"
python - 2>/dev/null <<'PY'
import json_repair

cut = json_repair.loads('{"messages": [{"role": "user", "content": "Do not send the ket')
twice, two = json_repair.loads('{"a": 1, "a": 2}'), json_repair.loads('Sure! {"a": 1} and {"b": 2}')
print(cut, twice, two)
assert cut == {"messages": [{"role": "user", "content": "Do not send the ket"}]}
assert twice == {"a": 2} and two == [{"a": 1}, {"b": 2}]
PY
