#!/usr/bin/env bash
# Guess: in its mode for fine-tuning mistral-common says which tokens an answer of weight 0 has, by a mask or otherwise.
# Seen: the weight is checked and forgotten: the ids are the same with it and without, and nothing beside them says what to train.
. "$(dirname "$0")/packages.bash"
packages mistral-common==1.13.1 sentencepiece==0.2.3
cd "$folder"
python - 2>/dev/null <<'PY'
from pathlib import Path

import mistral_common
from mistral_common.protocol.instruct.messages import AssistantMessage, FinetuningAssistantMessage, ToolMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import FunctionCall, ToolCall
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

folder = Path(mistral_common.__file__).parent / "data"
tokenizer = MistralTokenizer.from_file(str(folder / "tekken_240911.json"), mode=ValidationMode.finetuning)

def made(weight):
    said = [UserMessage(content="A tree?"), FinetuningAssistantMessage(content="Oak.", weight=weight),
            UserMessage(content="Another?"), FinetuningAssistantMessage(content="Elm.", weight=1)]
    return tokenizer.encode_chat_completion(ChatCompletionRequest(messages=said))

none, all_ = made(0), made(1)
print(none.text, sorted(type(none).model_fields))
assert none.tokens == all_.tokens and not {"mask", "labels", "weights"} & set(type(none).model_fields)
PY
