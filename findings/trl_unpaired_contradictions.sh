#!/usr/bin/env bash
# Guess: a preference pair whose two answers are the same is dropped when the pairs are taken apart for KTO.
# Seen: unpair_preference_dataset writes the answer twice, once as wanted and once as unwanted.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
import datasets
from trl import unpair_preference_dataset

datasets.disable_progress_bars()
pairs = datasets.Dataset.from_list([
    {"prompt": "A tree?", "chosen": "Oak.", "rejected": "Oak."}, {"prompt": "A bird?", "chosen": "Jay.", "rejected": "Bat."},
])
apart = unpair_preference_dataset(pairs)
seen = sorted((row["completion"], row["label"]) for row in apart)
print(seen)
assert seen == [("Bat.", False), ("Jay.", True), ("Oak.", False), ("Oak.", True)]
PY
