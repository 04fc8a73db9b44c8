#!/usr/bin/env bash
# Guess: with mask_prompt, a conversation that ends in a user's turn is refused, or nothing of it is trained.
# Seen: "the prompt" is everything but the last message, whoever wrote it: the user's words are trained and the answer
# before them is not.
. "$(dirname "$0")/packages.bash"
packages mlx-lm==0.32.2 "mlx[cpu]==0.32.4" transformers==5.24.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat
from tiny_mlx import batches

[(trained, _)] = batches([chat("Name a tree.", "Oak.", "Thank you!")], batch_size=1, mask_prompt=True)
print(trained)
assert "Thank you!" in trained[0] and "Oak." not in trained[0]
PY
