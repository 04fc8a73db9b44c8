#!/usr/bin/env bash
# Guess: deduplication by MinHash leaves rows that are too short to compare as they are.
# Seen: text-dedup's minhash removes rows of fewer than five words from its output, whether there is a copy or not, and
# counts "before" without them. A Chinese text without spaces is as many words as it has signs between.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 click==8.5.1 click-option-group==0.5.9 numpy==2.3.5 scipy==1.17.1 regex==2026.11.19 rich==15.0.0 xxhash==4.1.0 psutil==7.2.2 tqdm==4.70.1 bitarray==3.12.3
alone text-dedup==0.4.0
cd "$folder"
cat > rows.jsonl <<'ROWS'
{"text": "Name a tree."}
{"text": "写一首关于橡树和枫树的诗"}
{"text": "Which of the trees in the park is the oldest one?"}
ROWS
python -m text_dedup.minhash --path json --data_files rows.jsonl --split train --column text --output out --cache_dir cache > log 2>&1
grep -oE "(Before|After) +: [0-9]+" log
python - <<'PY'
from datasets import load_from_disk

kept = load_from_disk("out")["text"][:]
print(kept)
assert kept == ["Which of the trees in the park is the oldest one?"]
PY
