"""text-dedup: its own command. It gives no pairs, only the rows that it keeps."""

import sys
import tempfile

import numpy as np
from datasets import load_from_disk
from text_dedup.minhash import main

data, out = sys.argv[1:3]
with tempfile.TemporaryDirectory() as folder:
    main(
        ["--path", "json", "--data_files", data, "--split", "train", "--cache_dir", f"{folder}/cache",
         "--output", f"{folder}/kept", "--column", "text", "--batch_size", "10000", "--ngram", "5",
         "--min_length", "1", "--num_perm", "128", "--threshold", "0.7", "--num_proc", "2"],
        standalone_mode=False,
    )  # fmt: skip
    np.save(out, np.array(len(load_from_disk(f"{folder}/kept"))))
