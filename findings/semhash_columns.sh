#!/usr/bin/env bash
# Guess: a record with several columns is embedded as one text.
# Seen: each column is embedded apart and the vectors are laid end to end, so the similarity is the mean of the columns':
# two rows with the same prompt are similar by at least half whatever is answered, and an answer that is 0.84 like the other
# makes a duplicate at the default threshold of 0.9.
. "$(dirname "$0")/packages.bash"
packages semhash==0.5.0
python - 2>/dev/null <<'PY'
import numpy as np
from semhash import SemHash

class Encoder:
    vectors = {"What is 6 x 7?": [1, 0], "It is 42.": [1, 0], "It is 43.": [0.84, 0.5426]}

    def encode(self, texts, **settings):
        asked.append(list(texts))
        return np.array([self.vectors[text] for text in texts], dtype=np.float32)

asked = []
rows = [{"prompt": "What is 6 x 7?", "answer": answer} for answer in ("It is 42.", "It is 43.")]
result = SemHash.from_records(records=rows, columns=["prompt", "answer"], model=Encoder()).self_deduplicate()
print(asked, result.selected, round(float(result.filtered[0].score), 2))
assert asked == [["What is 6 x 7?"] * 2, ["It is 42.", "It is 43."]]
assert len(result.selected) == 1 and round(float(result.filtered[0].score), 2) == 0.92
PY
