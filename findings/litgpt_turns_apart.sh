#!/usr/bin/env bash
# Guess: of a conversation the later questions keep what was said before as their prompt.
# Seen: each question and its answer is a row of its own, so "a taller one" is trained without the tree; or, by default,
# all but the first of them are gone.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.23.0 datasets==5.2.0 lightning==2.6.5 torchmetrics==1.9.0 jsonargparse==4.41.0 docstring-parser==0.18.0 typeshed-client==2.15.0 importlib-resources==7.1.0 psutil==7.2.2
alone litgpt==0.5.13
cd "$folder"
python - 2>/dev/null <<'PY'
from litgpt.data.lima import format_dataset

rows = [{"conversations": ["Name a tree.", "Oak.", "A taller one?", "Redwood."]}]
apart, first = (format_dataset(rows, include_multi_turn_conversations=several) for several in (True, False))
print(apart, first)
assert [row["instruction"] + row["input"] for row in apart] == ["Name a tree.", "A taller one?"]
assert [row["output"] for row in first] == ["Oak."]
PY
