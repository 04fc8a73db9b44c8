"""convmerge: 13-grams of words; an item of 8 to 12 words has to be there whole. Each item is a set of its own."""

import json
import sys
from pathlib import Path

from convmerge.decontam import EvalIndex

source, out = map(Path, sys.argv[1:3])
given = json.loads(source.read_text("utf-8"))
index = EvalIndex()
for item in given["items"]:
    # As its command reads a row of a held-out file: the question and its options are one passage.
    index.add("", ["\n".join(filter(None, [item["question"], item["options"]]))])
found = [index.match(text) for text in given["texts"]]
out.write_text(json.dumps([match and match[0] for match in found]), "utf-8")
