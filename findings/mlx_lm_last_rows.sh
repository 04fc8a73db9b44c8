#!/usr/bin/env bash
# Guess: rows are put together by length, and those that fill no batch come in a smaller one.
# Seen: rows that fill no batch are never trained, in any epoch: always the same. They are not the longest either: what is
# sorted by is the number of keys of a row, so of rows of one layout it is the last ones of the file.
. "$(dirname "$0")/packages.bash"
packages mlx-lm==0.32.2 "mlx[cpu]==0.32.4" transformers==5.24.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat
from tiny_mlx import batches

rows = [chat("Long?", "a" * 90), *(chat("Name a tree.", answer) for answer in ("Oak.", "Elm.", "Ash.", "Fir."))]
seen = [sorted(text.split("<")[0][:4] for text in trained) for trained, _ in batches(rows, batch_size=4, mask_prompt=True)]
print(seen)
assert seen == [["Ash.", "Elm.", "Oak.", "aaaa"]]
PY
