#!/usr/bin/env bash
# Guess: an answer that only calls a tool, with content null, has no text, or is refused.
# Seen: it is given the text of the message before it: the question is trained as the answer, and the call is gone.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.23.0 datasets==5.2.0 torchao==0.13.0 torchdata==0.11.0 omegaconf==2.3.0 antlr4-python3-runtime==4.9.3 tiktoken==0.14.0 sentencepiece==0.2.3 blobfile==3.3.0 pycryptodomex==3.24.2 lxml==6.1.3 kagglehub==1.0.3 pillow==13.0.0 mistral-common==1.13.1
alone torchtune==0.6.1
cd "$folder"
python - 2>/dev/null <<'PY'
from torchtune.data import OpenAIToMessages

call = {"id": "a", "type": "function", "function": {"name": "look", "arguments": "{}"}}
row = {
    "messages": [
        {"role": "user", "content": "Is it raining?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "yes", "tool_call_id": "a"},
        {"role": "assistant", "content": "It is."},
    ]
}
seen = [(m.role, m.masked, m.text_content) for m in OpenAIToMessages()(row)["messages"]]
print(seen)
assert seen[1] == ("assistant", False, "Is it raining?")
PY
