#!/usr/bin/env bash
# Guess: two sums with different numbers are different texts.
# Seen: before comparing, every number becomes 0 and every accent goes, so of arithmetic, dates and prices that share their
# wording one row stays; Hindi words that differ in a vowel sign and Japanese か and が are the same.
. "$(dirname "$0")/packages.bash"
packages datatrove==0.10.1 spacy==3.8.18 xxhash==3.6.1 regex==2026.11.19 tokenizers==0.23.3 orjson==3.13.0
cd "$folder"
cat > run.py <<'PY'
import json, os
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.text import simplify_text

def kept(texts):
    os.makedirs("rows")
    with open("rows/a.jsonl", "w") as f:
        f.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    config = MinhashConfig()
    for number, (steps, tasks) in enumerate([
        ([JsonlReader("rows"), MinhashDedupSignature("signatures", config=config)], 1),
        ([MinhashDedupBuckets("signatures", "buckets", config=config)], config.num_buckets),
        ([MinhashDedupCluster("buckets", "removed", config=config)], 1),
        ([JsonlReader("rows"), MinhashDedupFilter("removed"), JsonlWriter("kept", compression=None)], 1),
    ]):
        LocalPipelineExecutor(pipeline=steps, tasks=tasks, workers=1, logging_dir=f"log{number}").run()
    return [json.loads(line)["text"] for name in os.listdir("kept") for line in open(f"kept/{name}")]

if __name__ == "__main__":
    texts = ["Ann has 3 apples and buys 12 more, so she now has 15.", "Ann has 7 apples and buys 40 more, so she now has 47."]
    left, plain = kept(texts), [simplify_text(text) for text in ("कु", "के", "か", "が", "12.5")]
    print(left, plain)
    assert len(left) == 1
    assert plain[0] == plain[1] and plain[2] == plain[3] and plain[4] == "0"
PY
python run.py 2>/dev/null
