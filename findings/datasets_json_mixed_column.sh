#!/usr/bin/env bash
# Guess: a column that is text in one row and something else in another stays as it is, or the file is refused.
# Seen: since the Json type, the column is read, and each text that is itself JSON is decoded: "007" becomes 7,
# "null" becomes None, "[1, 2]" a list. One message with a list of parts is enough to do that to all contents.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0
cd "$folder"
cat > pairs.jsonl <<'ROWS'
{"prompt": "Agent's number?", "completion": "007"}
{"prompt": "How many moons?", "completion": 2}
ROWS
cat > chats.jsonl <<'ROWS'
{"messages": [{"role": "user", "content": "What does an empty cell hold in JSON?"}, {"role": "assistant", "content": "null"}]}
{"messages": [{"role": "user", "content": "Six times seven?"}, {"role": "assistant", "content": "42"}]}
{"messages": [{"role": "user", "content": [{"type": "text", "text": "Name a tree."}]}, {"role": "assistant", "content": "Oak."}]}
ROWS
python - <<'PY'
from datasets import load_dataset

pairs = load_dataset("json", data_files="pairs.jsonl", split="train")
chats = load_dataset("json", data_files="chats.jsonl", split="train")
answers = [row["messages"][1]["content"] for row in chats]
print(pairs["completion"][:], answers)
assert pairs["completion"][:] == [7, 2]
assert answers == [None, 42, "Oak."]
PY
