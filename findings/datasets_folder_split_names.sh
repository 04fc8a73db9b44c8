#!/usr/bin/env bash
# Guess: load_dataset(folder) reads every data file of the folder.
# Seen: as soon as one name holds a split's word between separators, files without one are left out silently;
# "evaluation" is the test split; train.preference.jsonl is mixed into train.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0
mkdir "$folder/a" "$folder/b" && cd "$folder"
echo '{"n": 1}' > a/chats.jsonl; echo '{"n": 2}' > a/more.jsonl; echo '{"n": 3}' > a/evaluation.jsonl
echo '{"n": 1}' > b/train.jsonl; echo '{"n": 2}' > b/train.preference.jsonl; echo '{"n": 3}' > b/set_aside.jsonl
python - <<'PY'
from datasets import load_dataset

a, b = ({k: v["n"][:] for k, v in load_dataset(name).items()} for name in "ab")
print(a, b)
assert a == {"test": [3]}
assert b == {"train": [1, 2]}
PY
