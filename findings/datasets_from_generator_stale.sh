#!/usr/bin/env bash
# Guess: rows that a generator reads from a file are those that the file holds now.
# Seen: they are kept under the name of the code, not of the file: after the file was changed the old rows come again,
# and nothing says so.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 pandas==3.1.1
cd "$folder"
python - 2>/dev/null <<'PY'
import json
from pathlib import Path

from datasets import Dataset

file = Path("rows.jsonl")


def rows():
    yield from map(json.loads, file.read_text().splitlines())


file.write_text('{"text": "Oak."}\n')
before = Dataset.from_generator(rows)["text"][:]
file.write_text('{"text": "Elm."}\n{"text": "Ash."}\n')
after = Dataset.from_generator(rows)["text"][:]
print(before, after)
assert before == after == ["Oak."]
PY
