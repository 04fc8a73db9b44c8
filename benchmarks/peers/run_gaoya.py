"""gaoya: tokenises and hashes in Rust, 16 bands of 8; keeps what its signatures estimate at 0.7 or more."""

from gaoya.minhash import MinHashStringIndex
from shared import read, write

texts = read()
index = MinHashStringIndex(
    hash_size=32, jaccard_threshold=0.7, num_bands=16, band_size=8, num_hashes=128,
    analyzer="word", lowercase=True, ngram_range=(5, 5),
)  # fmt: skip
index.par_bulk_insert_docs(list(range(len(texts))), texts)
found = index.par_bulk_query(texts)
write([(row, other) for row, others in enumerate(found) for other in others if row < other])
