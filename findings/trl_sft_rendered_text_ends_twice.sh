#!/usr/bin/env bash
# Guess: none beforehand; one would think that a "text" column of rendered conversations is trained as it is.
# Seen: a template ends a turn with the mark and a line break, so the text does not end in the mark, and SFTTrainer writes a
# second one behind the line break: the model learns to go on after the end, and to end again.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import sft

turn = "<|im_start|>user\nA tree?<|im_end|>\n<|im_start|>assistant\nOak.<|im_end|>"
bare, rendered = sft([{"text": turn}])[0][1], sft([{"text": turn + "\n"}])[0][1]
print(repr(rendered))
assert bare == turn and rendered == turn + "\n<|im_end|>"
PY
