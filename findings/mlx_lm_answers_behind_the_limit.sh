#!/usr/bin/env bash
# Guess: a row whose answer lies behind max_seq_length is left out, or adds nothing to the loss.
# Seen: in a batch with others it adds nothing; a batch of such rows has the loss nan (0 of 0 tokens), and so have all
# weights after it.
. "$(dirname "$0")/packages.bash"
packages mlx-lm==0.32.2 "mlx[cpu]==0.32.4" transformers==5.24.0
cd "$folder"
python - 2>/dev/null <<'PY'
import math
from tiny import chat
from tiny_mlx import batches, weights_after

long, short = chat("q" * 80, "lost"), chat("q", "kept")
alone = batches([long], batch_size=1, mask_prompt=True, limit=40)
mixed = batches([long, short], batch_size=2, mask_prompt=True, limit=40)
weight = weights_after([long], batch_size=1, mask_prompt=True, limit=40)
print(alone, mixed, weight)
assert math.isnan(alone[0][1]) and math.isfinite(mixed[0][1]) and math.isnan(weight)
PY
