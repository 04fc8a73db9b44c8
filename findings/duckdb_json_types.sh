#!/usr/bin/env bash
# Guess: read_json keeps JSON strings as VARCHAR; only CSV files have their types guessed.
# Seen: a column whose texts all look like a clock time, a date or a UUID gets that type (07:05 becomes 07:05:00
# when it is written as text again); numbers in quotes stay text.
. "$(dirname "$0")/packages.bash"
packages duckdb==2.0.1
cd "$folder"
python - <<'PY'
import json
import duckdb

seen = {}
for name, answers in {
    "clock": ["12:30", "07:05"],
    "date": ["2024-01-05", "2024-02-06"],
    "uuid": ["0b9e5c1e-4c0f-4a55-9d5e-2f7d3b1c6a10", "0b9e5c1e-4c0f-4a55-9d5e-2f7d3b1c6a11"],
    "number": ["10", "020"],
}.items():
    with open(f"{name}.jsonl", "w") as f:
        f.writelines(json.dumps({"prompt": "?", "answer": a}) + "\n" for a in answers)
    seen[name] = duckdb.sql(f"select typeof(answer), answer::varchar from read_json('{name}.jsonl')").fetchall()[1]
print(seen)
assert seen["clock"] == ("TIME", "07:05:00")
assert seen["date"][0] == "DATE" and seen["uuid"][0] == "UUID"
assert seen["number"] == ("VARCHAR", "020")
PY
