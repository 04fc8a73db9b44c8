#!/usr/bin/env bash
# Guess: completion_only_loss=True on conversations trains the answers only, or is refused.
# Seen: it does nothing there: prompts and headers are trained too. What works is assistant_only_loss.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat, sft

trained = sft([chat("Name a tree.", "Oak.")], completion_only_loss=True)[0][1]
print(repr(trained))
assert "Name a tree." in trained
PY
