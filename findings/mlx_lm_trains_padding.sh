#!/usr/bin/env bash
# Guess: padding is not trained.
# Seen: the mask of a row reaches one place too far, so behind the end of its turn each row that is shorter than its batch
# trains one padding id. It is 0, "!" in this vocabulary and in GPT-2's and Qwen's.
. "$(dirname "$0")/packages.bash"
packages mlx-lm==0.32.2 "mlx[cpu]==0.32.4" transformers==5.24.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat
from tiny_mlx import batches

[(trained, _)] = batches([chat("Name a tree.", "Oak."), chat("Say no.", "No.")], batch_size=2, mask_prompt=True)
print(trained)
assert sorted(trained) == ["No.<|im_end|>\n!", "Oak.<|im_end|>\n!"]
PY
