"""What datatrove's MinHash steps keep of texts, with their defaults."""

import json
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def kept(texts):
    Path("rows").mkdir()
    Path("rows/a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    config = MinhashConfig()
    for number, (steps, tasks) in enumerate(
        [
            ([JsonlReader("rows"), MinhashDedupSignature("signatures", config=config)], 1),
            ([MinhashDedupBuckets("signatures", "buckets", config=config)], config.num_buckets),
            ([MinhashDedupCluster("buckets", "removed", config=config)], 1),
            ([JsonlReader("rows"), MinhashDedupFilter("removed"), JsonlWriter("kept", compression=None)], 1),
        ]
    ):
        LocalPipelineExecutor(pipeline=steps, tasks=tasks, workers=1, logging_dir=f"log{number}").run()
    lines = (line for path in Path("kept").iterdir() for line in path.read_text("utf-8").splitlines())
    return [json.loads(line)["text"] for line in lines]
