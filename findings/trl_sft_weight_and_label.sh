#!/usr/bin/env bash
# Guess: a message with "weight": 0 (OpenAI's word for "do not train this") is left out of the loss, or refused; so is a
# completion whose "label" is false.
# Seen: SFTTrainer trains both, without a word.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat, sft

row = chat("Nine or ten?", "Nine.", "Sure?", "Ten.")
row["messages"][1]["weight"] = 0
row["messages"][3]["weight"] = 1
weighted = sft([row], assistant_only_loss=True)[0][1]
labelled = [trained for _, trained in sft([{"prompt": "q", "completion": "bad", "label": False}, {"prompt": "q", "completion": "good", "label": True}])]
print(repr(weighted), labelled)
assert "Nine." in weighted
assert any("bad" in trained for trained in labelled)
PY
