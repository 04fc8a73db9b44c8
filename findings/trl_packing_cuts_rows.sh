#!/usr/bin/env bash
# Guess: packing loses nothing: a row that is longer than a sequence goes on in the next one.
# Seen: with "bfd", the default, what is longer is cut off and gone, the end of the answer with it; "bfd_split" and "wrapped"
# keep all tokens.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
import datasets
from trl import SFTConfig, pack_dataset

datasets.disable_progress_bars()
rows = datasets.Dataset.from_dict({"input_ids": [[1] * 3, [2] * 9, [3] * 4, [4] * 2]})
kept = {how: sum(map(len, pack_dataset(rows, 5, how)["input_ids"])) for how in ("bfd", "bfd_split", "wrapped")}
print(kept, SFTConfig(output_dir="out", use_cpu=True, bf16=False).packing_strategy)
assert kept == {"bfd": 14, "bfd_split": 18, "wrapped": 18}
assert SFTConfig(output_dir="out", use_cpu=True, bf16=False).packing_strategy == "bfd"
PY
