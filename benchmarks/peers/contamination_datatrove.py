"""datatrove: 12-grams of words of the answer, and of question and answer where they meet; --questions: all of both.

The n-grams and the filter are datatrove's. Its step that writes them asks for lighteval even where no task of lighteval
is indexed, so the hashes are written here, in the same files.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer

source, out = map(Path, sys.argv[1:3])
given = json.loads(source.read_text("utf-8"))
config = NGramsDecontConfig(find_query_ngrams="--questions" in sys.argv)
NGramsDecontIndexer._requires_dependencies = []
found = []
with tempfile.TemporaryDirectory() as folder:
    indexer = NGramsDecontIndexer(folder, config=config)
    for n, item in enumerate(given["items"]):
        query = "\n".join(filter(None, [item["question"], item["options"]]))
        hashes = indexer.compute_hashes(item["answer"] or "", query)
        np.array(sorted(set(hashes)), config.hash_config.np_descr).tofile(Path(folder, f"{n}.index.hashes"))
    judge = NGramsDecontFilter(folder, config=config)
    for text in given["texts"]:
        document = Document(text=text, id="")
        judge.filter(document)
        item = document.metadata.get("contaminated_task")
        found.append(None if item is None else int(item))
out.write_text(json.dumps(found), "utf-8")
