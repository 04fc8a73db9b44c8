#!/usr/bin/env bash
# Guess: Dataset.from_list keeps a key that only later rows have, with None before it, as it does inside messages.
# Seen: a key that the first row lacks is gone from all rows, without a word; inside a list of objects it is kept.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0
python - <<'PY'
from datasets import Dataset

rows = [{"text": "Good."}, {"text": "Bad.", "label": False}]
flat = Dataset.from_list(rows)
streamed = Dataset.from_generator(lambda: iter(rows))
nested = Dataset.from_list([{"messages": [{"role": "user"}]}, {"messages": [{"role": "assistant", "weight": 0}]}])
print(flat.to_list(), streamed.column_names, nested.to_list())
assert flat.column_names == streamed.column_names == ["text"]
assert nested[1]["messages"][0]["weight"] == 0
PY
