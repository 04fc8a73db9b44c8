#!/usr/bin/env bash
# Guess: load_dataset("json") keeps JSON strings as text.
# Seen: where every value of a column reads as a date, the column becomes timestamps, inside messages too;
# one value that is no date keeps the text.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 pyarrow==26.0.1
cd "$folder"
cat > chats.jsonl <<'ROWS'
{"messages": [{"role": "user", "content": "2024-02-30 or 2024-03-01: which day exists?"}, {"role": "assistant", "content": "2024-03-01"}]}
ROWS
cat > pairs.jsonl <<'ROWS'
{"prompt": "When does the lease end?", "completion": "2024-01-31"}
{"prompt": "When was it signed?", "completion": "2023-11-02 09:30:00"}
ROWS
cat > mixed.jsonl <<'ROWS'
{"prompt": "When does the lease end?", "completion": "2024-01-31"}
{"prompt": "When was it signed?", "completion": "Nobody knows."}
ROWS
python - <<'PY'
from datasets import load_dataset

pairs = load_dataset("json", data_files="pairs.jsonl", split="train")
mixed = load_dataset("json", data_files="mixed.jsonl", split="train")
chats = load_dataset("json", data_files="chats.jsonl", split="train")
print("pairs", pairs["completion"][:], pairs.features["completion"])
print("mixed", mixed["completion"][:])
print("chats", chats[0]["messages"][1]["content"])
assert str(pairs.features["completion"]).startswith("Value('timestamp")
assert mixed["completion"][:] == ["2024-01-31", "Nobody knows."]
assert chats[0]["messages"][1]["content"] == "2024-03-01"  # a single text among them keeps the column
PY
