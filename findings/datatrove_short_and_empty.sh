#!/usr/bin/env bash
# Guess: copies of a short text are found, and a row whose text is empty goes through like any other.
# Seen: a text of fewer words than the n-gram size (5) has no signature, so all its copies stay; and JsonlReader drops rows
# with an empty text before anything looks at them.
. "$(dirname "$0")/packages.bash"
packages datatrove==0.10.1 spacy==3.8.18 xxhash==3.6.1 regex==2026.11.19 tokenizers==0.23.3 orjson==3.13.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny_datatrove import kept

left = kept(["Name a tree.", "Name a tree.", ""])
print(left)
assert left == ["Name a tree.", "Name a tree."]
PY
