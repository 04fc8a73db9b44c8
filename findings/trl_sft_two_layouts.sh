#!/usr/bin/env bash
# Guess: a row that has "messages" and "prompt"/"completion" is refused, or its messages are trained.
# Seen: prompt and completion are trained, the messages ignored; of "messages" and "text" it is the other way round.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat, sft

both = sft([chat("m", "n") | {"prompt": "p", "completion": "c"}])[0][0]
text = sft([chat("m", "n") | {"text": "plain"}])[0][0]
print(repr(both), repr(text))
assert both == "pc<|im_end|>"
assert "plain" not in text
PY
