"""What products write, as they write it, comes out as a person means it: two inputs of each kind."""

import json

import pytest

ASK = {"role": "user", "content": "Name a reef."}
SAY = {"role": "assistant", "content": "Ningaloo."}
CALL = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Brest"}'}}
TOOL = {"type": "function", "function": {"name": "tide", "parameters": {"type": "object", "properties": {}}}}
CHAT = [("user", "Name a reef."), ("assistant", "Ningaloo.")]
text = json.dumps


def event(name, **fields):
    return {
        "name": name,
        "timestamp": "2025-02-03T10:00:00Z",
        "attributes": {"gen_ai.system": "openai", **fields},
    }


def value(text):
    return {"stringValue": text}


PARTS = [
    text([{"role": "user", "parts": [{"type": "text", "content": "Name a reef."}]}]),
    text(
        [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "Ningaloo."}],
                "finish_reason": "length",
            }
        ]
    ),
]
CHATS = {
    "span events of OpenTelemetry": {"name": "chat m", "kind": 3, "attributes": {"gen_ai.request.model": "m"}, "events": [
        event("gen_ai.user.message", content="Name a reef."),
        event("gen_ai.choice", index=0, finish_reason="stop", message=text(SAY))]},
    "span events of OpenTelemetry, several choices": {"events": [
        event("gen_ai.user.message", content="Name a reef.", role="user"),
        event("gen_ai.choice", index=0, finish_reason="stop", message=text({"content": "Ningaloo."})),
        event("gen_ai.choice", index=1, finish_reason="stop", message=text({"content": "Belize."}))]},
    "events of Pydantic AI": {"attributes": {"gen_ai.request.model": "m", "events": text([
        {"event.name": "gen_ai.user.message", "content": "Name a reef.", "role": "user", "gen_ai.message.index": 0},
        {"event.name": "gen_ai.choice", "index": 0, "message": SAY}])}},
    "the first events of OpenTelemetry": {"name": "chat", "events": [
        event("gen_ai.content.prompt", **{"gen_ai.prompt": text([ASK])}),
        event("gen_ai.content.completion", **{"gen_ai.completion": text([SAY])})]},
    "attributes as OTLP lists them": {"name": "chat", "attributes": [
        {"key": "gen_ai.input.messages", "value": value(PARTS[0])},
        {"key": "gen_ai.output.messages", "value": value(PARTS[1])}]},
    "events as OTLP lists them": {"name": "chat", "attributes": [], "events": [
        {"name": "gen_ai.user.message", "attributes": [{"key": "content", "value": value("Name a reef.")}]},
        {"name": "gen_ai.choice", "attributes": [{"key": "message", "value": value(text(SAY))}]}]},
    "attributes of OpenTelemetry": {"attributes": {"gen_ai.input.messages": PARTS[0], "gen_ai.output.messages": PARTS[1]}},
    "attributes of OpenLLMetry": {"attributes": {
        "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Name a reef.", "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Ningaloo.", "gen_ai.completion.0.finish_reason": "stop", "llm.usage.total_tokens": 9}},
    "attributes of OpenLLMetry, nested": {"attributes": {"gen_ai": {
        "prompt": {"0": {"role": "user", "content": "Name a reef."}}, "completion": {"0": {"content": "Ningaloo."}}}}},
    "Phoenix, nested": {"attributes": {"openinference": {"span": {"kind": "LLM"}}, "llm": {
        "input_messages": [{"message": {"role": "user", "content": "Name a reef."}}],
        "output_messages": [{"message": {"role": "assistant", "contents": [
            {"message_content": {"type": "text", "text": "Ningaloo."}}]}}]}}},
    "Phoenix, columns": {"context.span_id": "a1", "attributes.openinference.span.kind": "LLM",
        "attributes.llm.input_messages": [{"message.role": "user", "message.content": "Name a reef."}],
        "attributes.llm.output_messages": [{"message.role": "assistant", "message.content": "Ningaloo."}]},
    "Weave": {"id": "0190", "op_name": "weave:///team/p/op/openai.chat.completions.create:x", "trace_id": "t",
        "inputs": {"self": "<openai>", "model": "m", "messages": [ASK]}, "exception": None,
        "output": {"id": "chatcmpl-1", "choices": [{"index": 0, "message": {**SAY, "refusal": None}, "finish_reason": "stop"}]},
        "summary": {"usage": {"m": {"requests": 1}}}},
    "Weave, a function": {"id": "0191", "op_name": "weave:///team/p/op/answer:x", "inputs": {"model": "m", "question": "Name a reef."},
        "output": {"answer": "Ningaloo."}},
    "Helicone": {"request_id": "r", "request_body": {"model": "m", "messages": [ASK]}, "request_properties": {"app": "a"},
        "response_body": {"choices": [{"message": SAY, "finish_reason": "stop"}]}, "response_status": 200},
    "Helicone, bodies as text": {"request_id": "r", "request_body": text({"model": "m", "messages": [ASK]}),
        "response_body": text({"choices": [{"message": SAY}]})},
    "LiteLLM": {"id": "x", "call_type": "acompletion", "messages": [ASK], "model": "m", "status": "success",
        "response": {"choices": [{"finish_reason": "stop", "index": 0, "message": {**SAY, "tool_calls": None}}], "usage": {}},
        "model_parameters": {"stream": False}, "error_str": None},
    "LiteLLM, in a callback": {"litellm_call_id": "x", "standard_logging_object": {
        "messages": [ASK], "response": {"choices": [{"message": SAY}]}, "trace_id": "t"}},
    "vLLM": {"request_id": "0", "prompt": "Name a reef.", "prompt_token_ids": [5, 6], "finished": True, "outputs": [
        {"index": 0, "text": "Ningaloo.", "token_ids": [7], "cumulative_logprob": None, "finish_reason": "stop"}]},
    "vLLM, a prompt from a template": {"prompt": "<|im_start|>user\nName a reef.<|im_end|>\n<|im_start|>assistant\n",
        "outputs": [{"index": 0, "text": "Ningaloo.<|im_end|>", "finish_reason": "stop"}]},
    "vLLM, completions": {"request": {"model": "m", "prompt": "Name a reef.", "max_tokens": 9},
        "response": {"object": "text_completion", "choices": [{"index": 0, "text": "Ningaloo.", "finish_reason": "stop"}]}},
    "SGLang": {"event": "request.finished", "rid": "r", "obj": {"text": "Name a reef.", "sampling_params": {}},
        "out": {"text": "Ningaloo.", "meta_info": {"finish_reason": {"type": "stop", "matched": 2}}}},
    "Cohere, training": {"messages": [{"role": "User", "content": "Name a reef."}, {"role": "Chatbot", "content": "Ningaloo."}]},
    "Cohere, version 1": {"request": {"message": "Name a reef.", "chat_history": []}, "response": {"text": "Ningaloo.", "generation_id": "g"}},
    "Cohere, version 2": {"request": {"model": "m", "messages": [ASK]}, "response": {
        "finish_reason": "COMPLETE", "message": {"role": "assistant", "content": [{"type": "text", "text": "Ningaloo."}]}}},
    "ms-swift, query": {"query": "Name a reef.", "response": "Ningaloo.", "history": []},
    "ms-swift, rounds": {"conversation": [{"human": "Name a reef.", "assistant": "Ningaloo."}]},
    "Mistral": {"messages": [ASK, {**SAY, "weight": 1}]},
    "Mistral, thinking": {"messages": [ASK, {"role": "assistant", "content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Reefs."}]}, {"type": "text", "text": "Ningaloo."}]}]},
    "Together": {"messages": [ASK, {**SAY, "weight": 1}], "source": "a"},
    "Together, instruction": {"prompt": "Name a reef.", "completion": "Ningaloo."},
    "Fireworks": {"messages": [ASK, {**SAY, "weight": 1, "reasoning_content": "Reefs."}]},
    "Fireworks, evaluated": {"messages": [ASK, SAY], "ground_truth": "Ningaloo", "tools": []},
}  # fmt: skip


@pytest.mark.parametrize("record", CHATS.values(), ids=CHATS)
def test_a_question_and_its_answer(record, corpus_of):
    corpus = corpus_of([record])
    assert corpus.unreadable.is_empty()
    assert corpus.turns.select("role", "content").rows() == CHAT


CALLS = {
    "OpenInference": {"attributes": {
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Tide at Brest?",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "tide",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"port": "Brest"}',
        "llm.tools.0.tool.json_schema": text(TOOL)}},
    "OpenInference, columns": {
        "attributes.llm.input_messages": [{"message.role": "user", "message.content": "Tide at Brest?"}],
        "attributes.llm.output_messages": [{"message.role": "assistant", "message.tool_calls": [
            {"tool_call.function.name": "tide", "tool_call.function.arguments": '{"port": "Brest"}'}]}],
        "attributes.llm.tools": [{"tool.json_schema": text(TOOL)}]},
    "OpenLLMetry": {"attributes": {
        "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Tide at Brest?", "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.tool_calls.0.id": "c1", "gen_ai.completion.0.tool_calls.0.name": "tide",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"port": "Brest"}', "llm.request.functions.0.name": "tide",
        "llm.request.functions.0.parameters": "{}"}},
    "OpenTelemetry": {"attributes": {
        "gen_ai.input.messages": text([{"role": "user", "parts": [{"type": "text", "content": "Tide at Brest?"}]}]),
        "gen_ai.output.messages": text([{"role": "assistant", "parts": [
            {"type": "tool_call", "id": "c1", "name": "tide", "arguments": {"port": "Brest"}}]}]),
        "gen_ai.tool.definitions": text([TOOL])}},
    "OpenTelemetry, events": {"attributes": {"gen_ai.tool.definitions": text([TOOL])}, "events": [
        event("gen_ai.user.message", content="Tide at Brest?"), event("gen_ai.choice", message=text({"tool_calls": [CALL]}))]},
    "LiteLLM": {"messages": [{"role": "user", "content": "Tide at Brest?"}], "model_parameters": {"tools": [TOOL]},
        "response": {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [CALL]}}]}},
    "Cohere": {"request": {"messages": [{"role": "user", "content": "Tide at Brest?"}], "tools": [TOOL]}, "response": {
        "finish_reason": "TOOL_CALL", "message": {"role": "assistant", "tool_plan": "I look.", "tool_calls": [CALL]}}},
    "ms-swift": {"tools": text([TOOL]), "messages": [
        {"role": "user", "content": "Tide at Brest?"},
        {"role": "tool_call", "content": '{"name": "tide", "arguments": {"port": "Brest"}}'}]},
    "Mistral": {"tools": [TOOL], "messages": [{"role": "user", "content": "Tide at Brest?"},
        {"role": "assistant", "content": "", "tool_calls": [CALL]}]},
    "LangChain": {"tools": [TOOL], "messages": [{"type": "human", "content": "Tide at Brest?"},
        {"type": "ai", "content": "", "tool_calls": [{"name": "tide", "args": {"port": "Brest"}, "id": "c1"}]}]},
}  # fmt: skip


@pytest.mark.parametrize("record", CALLS.values(), ids=CALLS)
def test_a_call_and_its_tools(record, corpus_of):
    corpus = corpus_of([record])
    assert corpus.turns["role"].to_list() == ["user", "assistant"]
    [call] = json.loads(corpus.turns["tool_calls"][1])
    given = call["function"]["arguments"]
    assert call["function"]["name"] == "tide"
    assert (json.loads(given) if isinstance(given, str) else given) == {"port": "Brest"}
    assert "tide" in corpus.examples["tools"][0]
    assert not corpus.notes.filter(corpus.notes["kind"] == "unread_field").height


def test_calls_that_ms_swift_writes_one_after_the_other_were_made_at_once(corpus_of):
    calls = [
        {"role": "tool_call", "content": text({"name": "tide", "arguments": {"port": p}})}
        for p in ("Brest", "Cork")
    ]
    results = [{"role": "tool_response", "content": "6"}, {"role": "tool_response", "content": "4"}]
    turns = corpus_of([{"messages": [ASK, *calls, *results, SAY]}]).turns
    assert turns["role"].to_list() == ["user", "assistant", "tool", "tool", "assistant"]
    assert [call["function"]["arguments"]["port"] for call in json.loads(turns["tool_calls"][1])] == [
        "Brest",
        "Cork",
    ]


@pytest.mark.parametrize(
    "record",
    [
        {"input": {"messages": [ASK]}, "preferred_output": [SAY], "non_preferred_output": [{"role": "assistant", "content": "A rock."}]},
        {"messages": [ASK, SAY], "rejected_response": "A rock."},
        {"messages": [ASK, SAY], "rejected_messages": [ASK, {"role": "assistant", "content": "A rock."}]},
        {"query": "Name a reef.", "response": "Ningaloo.", "rejected_response": "A rock."},
    ],
    ids=["Together and Fireworks", "ms-swift", "ms-swift, messages", "ms-swift, query"],
)  # fmt: skip
def test_pairs(record, corpus_of):
    corpus = corpus_of([record])
    assert corpus.turns.select("part", "content").rows() == [
        ("messages", "Name a reef."),
        ("chosen", "Ningaloo."),
        ("rejected", "A rock."),
    ]


@pytest.mark.parametrize("name", ["feedback_rating", "user_rating"])
def test_what_a_user_thought_of_it_is_the_label(name, corpus_of):
    log = {"request_body": {"messages": [ASK]}, "response_body": {"choices": [{"message": SAY}]}, name: False}
    assert corpus_of([log]).examples["label"].to_list() == [False]


def message(id_, parent, role, said, **fields):
    given = {
        "message_id": id_,
        "parent_id": parent,
        "role": role,
        "text": said,
        "lang": "en",
        "deleted": False,
    }
    return {
        **given,
        "rank": None,
        "message_tree_id": "m1",
        "labels": {"name": ["spam"], "value": [0.0]},
        **fields,
    }


def test_messages_of_trees_that_are_rows_of_their_own_are_put_together(corpus_of):
    rows = [
        message("m1", None, "prompter", "Name a reef."),
        message("m2", "m1", "assistant", "A rock.", rank=1),
        message("n1", None, "prompter", "Name a knot.", message_tree_id="n1"),
        message("m3", "m1", "assistant", "Ningaloo.", rank=0),
        message("n2", "n1", "assistant", "Bowline.", message_tree_id="n1"),
        message("m4", "m3", "prompter", "Another?"),
        message("m5", "m4", "assistant", "Belize."),
    ]
    corpus = corpus_of(rows)
    assert corpus.examples["row"].to_list() == [1, 3]
    assert corpus.turns["content"].to_list() == [
        "Name a reef.", "Ningaloo.", "Another?", "Belize.", "Name a knot.", "Bowline.",
    ]  # fmt: skip
    assert corpus_of(rows, trees="paths").examples.height == 3


def test_a_message_whose_tree_the_file_lacks_says_so(corpus_of):
    rows = [
        message("m1", None, "prompter", "Name a reef."),
        message("m2", "m1", "assistant", "Ningaloo."),
        message("m2", "m1", "assistant", "Ningaloo."),
        message("x2", "x1", "assistant", "Lost."),
        message("x3", "x2", "prompter", "Lost too."),
        message("c1", "c2", "assistant", "A circle."),
        message("c2", "c1", "prompter", "Of two."),
        {"message_id": 7, "parent_id": None, "role": "prompter", "text": "No id."},
    ]
    corpus = corpus_of(rows)
    assert corpus.turns["content"].to_list() == ["Name a reef.", "Ningaloo."]
    assert sorted(corpus.unreadable["row"]) == [3, 4, 5, 6, 7, 8]


HERMES = [
    {"from": "system", "value": f"You may call functions. <tools>\n[{text(TOOL)}]\n</tools>"},
    {"from": "human", "value": "Tides?"},
    {"from": "gpt", "value": 'I look.\n<tool_call>\n{"name": "tide", "arguments": {"port": "Brest"}}\n</tool_call>\n'
     '<tool_call>\n{"arguments": {"port": "Cork"}, "name": "tide"}\n</tool_call>'},
    {"from": "tool", "value": "<tool_response>\n6\n</tool_response>\n<tool_response>\n4\n</tool_response>"},
    {"from": "gpt", "value": "6 and 4."},
]  # fmt: skip
QWEN = [
    {"role": "user", "content": "Tides?"},
    {"role": "assistant", "content": "<tool_call>\n<function=tide>\n<parameter=port>\nBrest\n</parameter>\n<parameter=days>\n2\n"
     "</parameter>\n</function>\n</tool_call>"},
    {"role": "user", "content": "<tool_response>\n6\n</tool_response>"},
    {"role": "assistant", "content": "Six."},
]  # fmt: skip


@pytest.mark.parametrize("messages", [HERMES, QWEN], ids=["Hermes", "Qwen3-Coder"])
def test_tagged_calls_stay_text_unless_the_recipe_says_otherwise(messages, corpus_of):
    corpus = corpus_of([{"conversations": messages}])
    assert corpus.turns["tool_calls"].null_count() == len(messages)
    assert any("<tool_call>" in said for said in corpus.turns["content"])


def test_tagged_calls_of_hermes_are_parsed(corpus_of):
    corpus = corpus_of([{"conversations": HERMES}], calls="parse")
    assert corpus.turns["role"].to_list() == ["system", "user", "assistant", "tool", "tool", "assistant"]
    assert corpus.turns["content"].to_list()[2:] == ["I look.", "6", "4", "6 and 4."]
    ports = [call["function"]["arguments"]["port"] for call in json.loads(corpus.turns["tool_calls"][2])]
    assert ports == ["Brest", "Cork"]
    assert json.loads(corpus.examples["tools"][0]) == [TOOL]


def test_tagged_calls_of_qwen_coder_are_parsed(corpus_of):
    turns = corpus_of([{"messages": QWEN}], calls="parse").turns
    assert turns["role"].to_list() == ["user", "assistant", "tool", "assistant"]
    [call] = json.loads(turns["tool_calls"][1])
    assert call["function"] == {"name": "tide", "arguments": {"port": "Brest", "days": 2}}


@pytest.mark.parametrize(
    "said",
    [
        '<tool_call>\n{"name": "tide", "arguments": {\n</tool_call>',
        '<tool_call>{"name": "tide"}</tool_call> and more',
        '<tool_call>\n{"name": "tide", "arguments": {}}',
        "<tool_call><function=tide>port Brest</function></tool_call>",
    ],
)
def test_a_tagged_call_that_is_not_whole_stays_text_and_is_named(said, corpus_of):
    corpus = corpus_of([{"messages": [ASK, {"role": "assistant", "content": said}]}], calls="parse")
    assert corpus.turns["content"][1] == said and corpus.turns["tool_calls"][1] is None
    assert "stay text" in corpus.notes["message"][0]
