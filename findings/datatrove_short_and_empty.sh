#!/usr/bin/env bash
# Guess: copies of a short text are found, and a row whose text is empty goes through like any other.
# Seen: a text of fewer words than the n-gram size (5) has no signature, so all its copies stay; and JsonlReader drops rows
# with an empty text before anything looks at them.
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
    left = kept(["Name a tree.", "Name a tree.", ""])
    print(left)
    assert left == ["Name a tree.", "Name a tree."]
PY
python run.py 2>/dev/null
