"""data-juicer: its operator document_minhash_deduplicator. It gives no pairs, only the rows that it keeps."""

import sys

import numpy as np
from data_juicer.core.data import NestedDataset
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
from datasets import load_dataset

data, out = sys.argv[1:3]
rows = NestedDataset(load_dataset("json", data_files=data, split="train"))
operator = DocumentMinhashDeduplicator(
    tokenization="space", window_size=5, lowercase=True, num_permutations=128, jaccard_threshold=0.7
)
kept, _ = operator.process(rows.map(operator.compute_hash))
np.save(out, np.array(len(kept)))
