"""convmerge: its filter with the rule for refusals alone; true for each conversation that it rejects."""

import json
import sys
from pathlib import Path

from convmerge.quality import FilterSpec, filter_jsonl

source, out = map(Path, sys.argv[1:3])
pairs = json.loads(source.read_text("utf-8"))
rows = [
    {"n": n, "messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}
    for n, (asked, answer) in enumerate(pairs)
]
Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
stats = filter_jsonl("rows.jsonl", spec=FilterSpec(rules=("refusal",)), rejects="rejects.jsonl")
if stats.rows != len(pairs) or stats.unreadable:
    sys.exit(f"{stats.rows} of {len(pairs)} rows were read, {stats.unreadable} of them as no conversation")
rejected = {json.loads(line)["n"] for line in Path("rejects.jsonl").read_text("utf-8").splitlines()}
out.write_text(json.dumps([n in rejected for n in range(len(pairs))]), "utf-8")
