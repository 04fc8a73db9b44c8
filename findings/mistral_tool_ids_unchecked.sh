#!/usr/bin/env bash
# Guess: a tool result whose id no call has is refused, and so are arguments that are no JSON.
# Seen: both are encoded; arguments that are no JSON become a JSON text, quotes and all, and empty ones {}.
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
tokenizer = MistralTokenizer.from_file(str(folder / "mistral_instruct_tokenizer_240323.model.v3"), mode=ValidationMode.test)

def text(arguments, id_):
    call = ToolCall(id="abcdefghi", function=FunctionCall(name="find", arguments=arguments))
    said = [UserMessage(content="A tree?"), AssistantMessage(content=None, tool_calls=[call]),
            ToolMessage(content="Oak", tool_call_id=id_, name="find")]
    return tokenizer.encode_chat_completion(ChatCompletionRequest(messages=said)).text.replace("▁", " ")

other, broken, empty = text("{}", "zzzzzzzzz"), text("city: Rome", "abcdefghi"), text("", "abcdefghi")
print(other, broken, empty, sep="\n")
assert "zzzzzzzzz" in other and '"arguments": "city: Rome"' in broken and '"arguments": {}' in empty
PY
