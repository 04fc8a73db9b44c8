#!/usr/bin/env bash
# Guess: each tool call and each tool schema keeps its own keys, or only missing columns are filled with None.
# Seen: Dataset.from_list makes one struct of all rows, and the template prints it: every call is trained with the
# arguments of all other tools as null, every schema lists their parameters. load_dataset("json") and from_generator do
# not: they take the Json type.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
import json
from datasets import Dataset, load_dataset
import tiny

tiny.CHATML = (
    "{% for t in tools or [] %}{{ t | tojson }}\n{% endfor %}"
    "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.arguments | tojson }}\n{% endfor %}{% endfor %}"
)

def call(**arguments):
    row = tiny.chat("q", "", tool_calls=[{"type": "function", "function": {"name": "f", "arguments": arguments}}])
    properties = {key: {"type": "string"} for key in arguments}
    return row | {"tools": [{"name": "f", "parameters": {"type": "object", "properties": properties}}]}

rows = [call(city="Rome"), call(path="a.txt")]
trained = sorted(trained for _, trained in tiny.sft(rows))
with open("calls.jsonl", "w") as f:
    f.writelines(json.dumps(row) + "\n" for row in rows)
read = load_dataset("json", data_files="calls.jsonl", split="train")
streamed = Dataset.from_generator(lambda: iter(rows))
print(*trained, sep="\n")
assert any('{"city": "Rome", "path": null}' in text for text in trained)
assert any('"properties": {"city": null, "path": {"type": "string"}}' in text for text in trained)
for kept in (read, streamed):
    assert [row["messages"][1]["tool_calls"][0]["function"]["arguments"] for row in kept] == [{"city": "Rome"}, {"path": "a.txt"}]
PY
