#!/usr/bin/env bash
# Guess: with mask_prompt all answers of a conversation are trained, and an answer with weight 0 is not.
# Seen: with it the last message alone is trained, whatever answers stand before it; without it all of the conversation is,
# and a weight is not looked at.
. "$(dirname "$0")/packages.bash"
packages mlx-lm==0.32.2 "mlx[cpu]==0.32.4" transformers==5.24.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat
from tiny_mlx import batches

row = chat("Name a tree.", "Oak.", "Another?", "Elm.")
row["messages"][1]["weight"] = 0
seen = {masked: batches([row], batch_size=1, mask_prompt=masked)[0][0][0] for masked in (True, False)}
print(seen)
assert "Elm." in seen[True] and "Oak." not in seen[True]
assert "Oak." in seen[False] and "Name a tree." in seen[False]
PY
