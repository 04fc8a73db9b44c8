#!/usr/bin/env bash
# Guess: of a completion that is a list of messages, what the model writes is trained, not a user's turn within it.
# Seen: everything behind the prompt is trained, the user's words, headers and the last line break too;
# with assistant_only_loss=True only answers are.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat, sft

prompt, *completion = chat("Name a tree.", "Oak.", "Another?", "Elm.")["messages"]
row = {"prompt": [prompt], "completion": completion}
plain, only = sft([row])[0][1], sft([row], assistant_only_loss=True)[0][1]
print(repr(plain), repr(only))
assert "<|im_start|>user\nAnother?<|im_end|>" in plain and plain.endswith("\n")
assert only == "Oak.<|im_end|>Elm.<|im_end|>"
PY
