"""datasketch: MinHash.bulk over shingles from Python, and MinHashLSH with the bands that it chooses for 0.7."""

from datasketch import MinHash, MinHashLSH
from shared import read, shingles, write

sets = [[shingle.encode() for shingle in shingles(text)] for text in read()]
sketches = MinHash.bulk(sets, num_perm=128)
del sets
index = MinHashLSH(threshold=0.7, num_perm=128)
with index.insertion_session() as session:
    for row, sketch in enumerate(sketches):
        session.insert(row, sketch)
write([(row, other) for row, sketch in enumerate(sketches) for other in index.query(sketch) if row < other])
