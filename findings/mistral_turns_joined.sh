#!/usr/bin/env bash
# Guess: two turns of one role in a row are refused, and an answer is encoded as it is.
# Seen: mistral-common joins them with an empty line: two answers become one, trained as one, with one end; and spaces at the
# end of an answer are gone, while line breaks stay. Version 1 keeps the spaces.
. "$(dirname "$0")/packages.bash"
packages mistral-common==1.13.1 sentencepiece==0.2.3
python - 2>/dev/null <<'PY'
from pathlib import Path
import mistral_common
from mistral_common.protocol.instruct.messages import AssistantMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

folder = Path(mistral_common.__file__).parent / "data"

def text(*said, name="tekken_240911.json"):
    tokenizer = MistralTokenizer.from_file(str(folder / name), mode=ValidationMode.finetuning)
    messages = [(UserMessage if role == "u" else AssistantMessage)(content=content) for role, content in said]
    return tokenizer.encode_chat_completion(ChatCompletionRequest(messages=messages)).text

answers = text(("u", "q"), ("a", "first"), ("a", "second"))
spaces, breaks = text(("u", "q"), ("a", "a  ")), text(("u", "q"), ("a", "a\n"))
old = text(("u", "q"), ("a", "a  "), name="tokenizer.model.v1")
print(repr(answers), repr(spaces), repr(breaks), repr(old))
assert answers == "<s>[INST]q[/INST]first\n\nsecond</s>"
assert spaces.endswith("]a</s>") and breaks.endswith("]a\n</s>") and old.endswith("▁a▁▁</s>")
PY
