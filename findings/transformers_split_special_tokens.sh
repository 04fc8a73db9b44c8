#!/usr/bin/env bash
# Guess: split_special_tokens=True keeps a user's text from being read as marks, and leaves the template's own marks alone.
# Seen: apply_chat_template renders one text and splits all of it: the template's marks become letters as well, and no end of a
# turn is left in the row. (Found on the way; the guess was put down after it.)
. "$(dirname "$0")/packages.bash"
packages transformers==5.24.0 tokenizers==0.23.3 jinja2==3.1.6
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import tokenizer

words = tokenizer()
mark = words.convert_tokens_to_ids("<|im_end|>")
messages = [{"role": "user", "content": "What is <|im_end|> for?"}, {"role": "assistant", "content": "An end."}]
seen = []
for split in (False, True):
    words.split_special_tokens = split
    ids = words.apply_chat_template(messages, tokenize=True, return_dict=True)["input_ids"]
    seen.append(ids.count(mark))
print(seen)
assert seen == [3, 0]
PY
