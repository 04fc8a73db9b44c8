"""datatrove: its four steps for near duplicates, in one process, so that its CPU time is seen.

It gives no pairs, only the rows that it keeps.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
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
from datatrove.utils.hashing import HashConfig

PARTS, BANDS, ROWS = 2, 16, 8  # the bands of its own example are made for 0.75


def main():
    data, out = sys.argv[1:3]
    config = MinhashConfig(
        hash_config=HashConfig(precision=64), num_buckets=BANDS, hashes_per_bucket=ROWS, n_grams=5
    )
    with tempfile.TemporaryDirectory() as folder:
        parts = split(Path(data), Path(folder, "data"))
        read = [JsonlReader(str(parts), doc_progress=False)]
        steps = [
            (PARTS, [*read, MinhashDedupSignature(f"{folder}/signatures", config=config)]),
            (BANDS, [MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)]),
            (1, [MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=config)]),
            (
                PARTS,
                [
                    *read,
                    MinhashDedupFilter(f"{folder}/remove"),
                    JsonlWriter(f"{folder}/kept", compression=None),
                ],
            ),
        ]
        for number, (tasks, step) in enumerate(steps):
            LocalPipelineExecutor(step, tasks=tasks, workers=1, logging_dir=f"{folder}/logs/{number}").run()
        kept = sum(file.read_bytes().count(b"\n") for file in Path(folder, "kept").iterdir())
        np.save(out, np.array(kept))


def split(data, folder):
    """The lines in a file for each part."""
    folder.mkdir()
    lines = data.read_bytes().splitlines(keepends=True)
    step = -(-len(lines) // PARTS)
    for number in range(PARTS):
        (folder / f"{number}.jsonl").write_bytes(b"".join(lines[number * step : (number + 1) * step]))
    return folder


if __name__ == "__main__":
    main()
