#!/usr/bin/env bash
# Guess: a tool's result reaches the model as the text it is.
# Seen: mistral-common's tokenizers up to version 3 decode a result that is JSON and encode it anew: 1e3 becomes 1000.0,
# spaces and escapes change, a text stays a text; from version 7 on it is the text. The same result reads otherwise for two
# models of one family.
. "$(dirname "$0")/packages.bash"
packages mistral-common==1.13.1 sentencepiece==0.2.3
python - 2>/dev/null <<'PY'
from pathlib import Path
import mistral_common
from mistral_common.protocol.instruct.messages import AssistantMessage, ToolMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import FunctionCall, ToolCall
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

folder = Path(mistral_common.__file__).parent / "data"

def result(name, content):
    call = AssistantMessage(content=None, tool_calls=[ToolCall(id="abcdefghi", function=FunctionCall(name="f", arguments="{}"))])
    messages = [UserMessage(content="q"), call, ToolMessage(tool_call_id="abcdefghi", content=content), AssistantMessage(content="a")]
    tokenizer = MistralTokenizer.from_file(str(folder / name), mode=ValidationMode.finetuning)
    text = tokenizer.encode_chat_completion(ChatCompletionRequest(messages=messages)).text.replace("▁", " ")
    return text.split("[TOOL_RESULTS]")[1].split("[/TOOL_RESULTS]")[0]

old, new = "tekken_240911.json", "mistral_instruct_tokenizer_241114.model.v7"
for content in ("1e3", '{"x":1.50,  "y":"\\u00e9"}', "Not found."):
    print(result(old, content), "|", result(new, content))
assert '"content": 1000.0' in result(old, "1e3") and result(new, "1e3").endswith(" 1e3")
assert '{"x": 1.5, "y": "é"}' in result(old, '{"x":1.50,  "y":"\\u00e9"}')
PY
