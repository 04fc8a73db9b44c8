#!/usr/bin/env bash
# Guess: a reader either keeps an integer of 23 digits (an id in a tool's arguments) or refuses it.
# Seen: orjson, duckdb and datasets round it to a float in silence; json, msgspec and polars keep it.
. "$(dirname "$0")/packages.bash"
packages orjson==3.13.0 msgspec==0.22.0 duckdb==2.0.1 polars==2.1.0 datasets==5.2.0
cd "$folder"
echo '{"arguments": {"account": 12345678901234567890123}}' > calls.jsonl
python - <<'PY'
import json
import duckdb, msgspec, orjson, polars as pl
from datasets import load_dataset

text = open("calls.jsonl").read()
seen = {
    "json": json.loads(text)["arguments"]["account"],
    "orjson": orjson.loads(text)["arguments"]["account"],
    "msgspec": msgspec.json.decode(text)["arguments"]["account"],
    "polars": pl.read_ndjson("calls.jsonl").row(0)[0]["account"],
    "duckdb": duckdb.sql("from read_json('calls.jsonl')").fetchall()[0][0]["account"],
    "datasets": load_dataset("json", data_files="calls.jsonl", split="train")[0]["arguments"]["account"],
}
print(seen)
exact = 12345678901234567890123
assert {name for name, value in seen.items() if value == exact} == {"json", "msgspec", "polars"}
PY
