#!/usr/bin/env bash
# Guess: ShareGPT rows ("conversations" of "from" and "value") are refused, or human and gpt become user and assistant.
# Seen: they are rendered with the roles human and gpt, which the model never sees at inference, and all of it is trained;
# "conversations" with "role" and "content" raises KeyError: 'text'.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import sft

shared = sft([{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]}])[0]
print(shared)
assert shared[0].startswith("<|im_start|>human\nHi") and "<|im_start|>gpt" in shared[1]
try:
    sft([{"conversations": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]}])
except KeyError as error:
    print("KeyError", error)
    assert str(error) == "'text'"
else:
    raise AssertionError("it was read")
PY
