#!/usr/bin/env bash
# Guess: half of an emoji (an answer cut inside the escape "\ud83d\ude42", as logs of streams have it) is refused, or
# becomes the replacement character.
# Seen: json keeps a surrogate that cannot be written again; polars reads a NUL character, pandas nothing, both in
# silence; pyarrow, orjson and duckdb refuse.
. "$(dirname "$0")/packages.bash"
packages orjson==3.13.0 duckdb==2.0.1 polars==2.1.0 pandas==3.1.1 pyarrow==26.0.1
cd "$folder"
printf '%s\n' '{"text": "Done \ud83d"}' '{"text": "Good."}' > cut.jsonl
python - <<'PY'
import json
import duckdb, orjson, pandas as pd, polars as pl, pyarrow.json

readers = {
    "json": lambda: json.loads(open("cut.jsonl").readline())["text"],
    "polars": lambda: pl.read_ndjson("cut.jsonl")["text"][0],
    "pandas": lambda: pd.read_json("cut.jsonl", lines=True)["text"][0],
    "orjson": lambda: orjson.loads(open("cut.jsonl").readline())["text"],
    "duckdb": lambda: duckdb.sql("select text from read_json('cut.jsonl')").fetchone()[0],
    "pyarrow": lambda: pyarrow.json.read_json("cut.jsonl")["text"][0].as_py(),
}
seen = {}
for name, read in readers.items():
    try:
        seen[name] = read()
    except Exception as error:
        seen[name] = type(error).__name__
print(ascii(seen))
assert seen["json"] == "Done \ud83d" and seen["polars"] == "Done \0" and seen["pandas"] == "Done "
assert all(seen[name].endswith(("Error", "Exception", "Invalid")) for name in ("orjson", "duckdb", "pyarrow"))
PY
