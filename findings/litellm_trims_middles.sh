#!/usr/bin/env bash
# Guess: trim_messages drops the oldest messages, whole.
# Seen: it cuts the middle out of a message, in the middle of a word, and puts ".." there; what a log of such a conversation holds
# was asked by nobody. (Found on the way; the guess was put down after it.)
. "$(dirname "$0")/packages.bash"
packages litellm==1.110.2
cd "$folder"
python - 2>/dev/null <<'PY'
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

asked = "Please compare " + "acorns and " * 100 + "chestnuts."
kept = litellm.utils.trim_messages(
    [{"role": "user", "content": asked}, {"role": "assistant", "content": "Gladly."}], max_tokens=60
)
print(kept)
cut = kept[0]["content"]
assert ".." in cut and cut.startswith("Please compare") and cut not in asked and len(cut) < len(asked)
PY
