#!/usr/bin/env bash
# Guess: calls of a tool that takes no arguments ("arguments": {}) survive Parquet.
# Seen: where no row has an argument, pyarrow, polars and pandas refuse to write the column; datasets writes the text "{}",
# which is what every other reader of the file finds. Where one row has an argument, all others get it as null.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 pyarrow==26.0.1 polars==2.1.0
cd "$folder"
python - 2>/dev/null <<'PY'
import json
import polars as pl, pyarrow as pa, pyarrow.parquet as pq
from datasets import load_dataset

rows = [{"name": "now", "arguments": {}}, {"name": "today", "arguments": {}}]
with open("calls.jsonl", "w") as f:
    f.writelines(json.dumps(row) + "\n" for row in rows)
refused = []
for write in (
    lambda: pq.write_table(pa.Table.from_pylist(rows), "a.parquet"),
    lambda: pl.read_ndjson("calls.jsonl").write_parquet("b.parquet"),
):
    try:
        write()
    except Exception as error:
        refused.append(str(error))
load_dataset("json", data_files="calls.jsonl", split="train").to_parquet("c.parquet")
written = pq.read_table("c.parquet").to_pylist()[0]["arguments"]
one = pl.DataFrame([*rows, {"name": "weather", "arguments": {"city": "Rome"}}])["arguments"].to_list()
print(refused, repr(written), one)
assert len(refused) == 2 and all("struct type" in text for text in refused)
assert written == "{}" and one[0] == {"city": None}
PY
