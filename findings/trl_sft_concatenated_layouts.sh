#!/usr/bin/env bash
# Guess: two sets of different layouts, joined by concatenate_datasets, are refused, or each row is read by its own.
# Seen: the first row speaks for all. With messages first, rows of text are trained without an end token; with text first,
# or with prompt and completion, an AttributeError of None.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
from datasets import Dataset, concatenate_datasets
from tiny import chat, sft

messages, text = Dataset.from_list([chat("Name a tree.", "Oak.")]), Dataset.from_list([{"text": "A plain text."}])
alone = sft(text.to_list())[0][1]
joined = [trained for _, trained in sft(concatenate_datasets([messages, text]).to_list())]
print(repr(alone), joined)
assert alone == "A plain text.<|im_end|>" and "A plain text." in joined
try:
    sft(concatenate_datasets([text, messages]).to_list())
except AttributeError as error:
    print("AttributeError:", error)
else:
    raise AssertionError("it was read")
PY
