#!/usr/bin/env bash
# Guess: the check of a file before it is sent refuses a conversation that ends with a question, a weight that is neither 0 nor 1,
# and rows of two layouts.
# Seen: it looks whether each line is a JSON object, and nothing else: {"foo": 1} passes. All else is said by the server, after the
# upload.
. "$(dirname "$0")/packages.bash"
packages together==3.1.1
cd "$folder"
python - 2>/dev/null <<'PY'
import json
from pathlib import Path

from together.lib.utils.files import check_file

def passes(*rows):
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return check_file(Path("rows.jsonl"))["is_check_passed"]

q, a = {"role": "user", "content": "A tree?"}, {"role": "assistant", "content": "Oak."}
seen = {
    "question": passes({"messages": [q, a, q]}), "weight": passes({"messages": [q, a | {"weight": 7}]}),
    "empty": passes({"messages": [q, {"role": "assistant", "content": None}]}),
    "layouts": passes({"messages": [q, a]}, {"text": "Oak."}), "none": passes({"foo": 1}), "list": passes([1]),
}
print(seen)
assert seen == {"question": True, "weight": True, "empty": True, "layouts": True, "none": True, "list": False}
PY
