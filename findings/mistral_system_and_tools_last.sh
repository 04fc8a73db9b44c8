#!/usr/bin/env bash
# Guess: the system prompt stands at the beginning of a conversation, and so do the tools.
# Seen: Mistral's own tokenizers of versions 2 and 3 (7B v0.3, Nemo) put both before the last user turn: a conversation of two
# turns says them behind the first answer, and the same row cut after its first turn says them before it. Version 2 also
# drops every tool call and result of earlier turns. Version 7 has the system prompt first; the tools are still last.
. "$(dirname "$0")/packages.bash"
packages mistral-common==1.13.1 sentencepiece==0.2.3
python - 2>/dev/null <<'PY'
from pathlib import Path
import mistral_common
from mistral_common.protocol.instruct.messages import AssistantMessage, SystemMessage, ToolMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import Function, FunctionCall, Tool, ToolCall
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

folder = Path(mistral_common.__file__).parent / "data"

def text(name, messages, tools=None):
    tokenizer = MistralTokenizer.from_file(str(folder / name), mode=ValidationMode.finetuning)
    made = tokenizer.encode_chat_completion(ChatCompletionRequest(messages=messages, tools=tools))
    return made.text.replace("▁", " ")

two = [UserMessage(content="one"), AssistantMessage(content="ONE"), UserMessage(content="two"), AssistantMessage(content="TWO")]
system = [SystemMessage(content="SYSTEM"), *two]
call = AssistantMessage(content=None, tool_calls=[ToolCall(id="abcdefghi", function=FunctionCall(name="look", arguments="{}"))])
used = [two[0], call, ToolMessage(tool_call_id="abcdefghi", content="seen"), *two[1:]]
tools = [Tool(function=Function(name="look", parameters={"type": "object", "properties": {}}))]
v2, v3, v7, nemo = (
    "mistral_instruct_tokenizer_240216.model.v2", "mistral_instruct_tokenizer_240323.model.v3",
    "mistral_instruct_tokenizer_241114.model.v7", "tekken_240911.json",
)
for name in (v2, v3, nemo, v7):
    print(name, text(name, system), text(name, used, tools), sep="\n  ")
for name in (v2, v3, nemo):
    assert text(name, system).index("ONE") < text(name, system).index("SYSTEM")
    assert text(name, system[:3]).index("SYSTEM") < text(name, system[:3]).index("ONE")
assert text(v7, system).index("SYSTEM") < text(v7, system).index("one")
for name in (v3, nemo, v7):
    assert text(name, used, tools).index("seen") < text(name, used, tools).index("[AVAILABLE_TOOLS]")
assert "seen" not in text(v2, used, tools)
PY
