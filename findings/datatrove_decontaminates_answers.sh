#!/usr/bin/env bash
# Guess: a question of a test set that was copied into the data is found.
# Seen: by default datatrove indexes n-grams of the answer and of the seam between question and answer, not of the question:
# a copied question with another answer is not found. With find_query_ngrams, one of fewer than twelve words is not either.
. "$(dirname "$0")/packages.bash"
packages datatrove==0.10.1 spacy==3.8.18 xxhash==3.6.1 regex==2026.11.19 tokenizers==0.23.3 orjson==3.13.0
cd "$folder"
python - 2>/dev/null <<'PY'
import os
import numpy as np
from datatrove.data import Document
from datatrove.pipeline.decont import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer

NGramsDecontIndexer._requires_dependencies = []  # lighteval is for its own list of test sets, which is not used here
long = "If three painters need six days for one house, how many days do nine painters need for two of them?"
short = "How many legs does a spider have?"

def found(question, **settings):
    config = NGramsDecontConfig(**settings)
    folder = f"index{len(os.listdir())}"
    os.makedirs(folder)
    hashes = NGramsDecontIndexer(folder, config=config).compute_hashes("4", question)
    np.array(hashes, dtype=config.hash_config.np_descr).tofile(f"{folder}/task.index.hashes")
    kept = NGramsDecontFilter(folder, config=config).filter(Document(text=f"{question} Let me think.", id="row"))
    return kept is not True

seen = found(long), found(long, find_query_ngrams=True), found(short, find_query_ngrams=True)
print(seen)
assert seen == (False, True, False)
PY
