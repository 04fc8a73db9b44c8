"""Each known layout is read as a person means it, and leaves what is not its own."""

import json

import pytest

from finesift.read.conversations.layouts import layouts, unfolded

ASK = {"role": "user", "content": "Name a reef."}
SAY = {"role": "assistant", "content": "Ningaloo."}
CALL = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Brest"}'}}
each = pytest.mark.parametrize("known", layouts(), ids=lambda known: known.name)


@each
def test_its_example_is_read_and_ends_in_an_answer(known, corpus_of):
    corpus = corpus_of([known.reads])
    assert corpus.unreadable.is_empty()
    assert corpus.turns["role"].to_list()[-1] == "assistant"


@each
def test_another_record_is_left(known):
    assert known.read(known.leaves, json.loads) is None


@each
def test_it_says_how_it_is_recognised(known):
    assert len(known.what) > 40


@each
@pytest.mark.parametrize("value", [None, 3, "x", [], [None], {}, {"messages": 3}, [{"role": 3}], [["a"]]])
def test_odd_values_in_its_fields_never_raise(known, value):
    for name in known.reads:
        known.read({**known.reads, name: value}, json.loads)


@pytest.mark.parametrize(
    "record",
    [
        {"request": {"messages": [ASK]}, "response": {"choices": [{"message": SAY}]}},
        {"messages": [ASK], "response": {"choices": [{"message": SAY}]}},
        {"body": {"model": "m", "messages": [ASK]}, "response": {"body": {"choices": [{"message": SAY}]}}},
        {"input": [ASK], "output": SAY},
        {"input": {"messages": [ASK]}, "output": "Ningaloo."},
        {"inputs": {"messages": [ASK]}, "outputs": {"output": SAY}},
        {"request": {"messages": [ASK]}, "response": {"choices": [{"delta": {"content": "Ninga"}}, {"delta": {"content": "loo."}}]}},
        {"input": "Name a reef.", "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Ningaloo."}]}]},
        {"messages": [{"type": "human", "data": {"content": "Name a reef."}}, {"type": "ai", "data": {"content": "Ningaloo."}}]},
        {"messages": [{"lc": 1, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"], "kwargs": {"content": "Name a reef."}}, {"lc": 1, "type": "constructor", "id": ["x", "AIMessage"], "kwargs": {"content": "Ningaloo."}}]},
        {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Name a reef.", "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": "Ningaloo."},
        {"contents": [{"role": "user", "parts": [{"text": "Name a reef."}]}, {"role": "model", "parts": [{"text": "Ningaloo."}]}]},
        {"messages": [{"role": "user", "content": [{"text": "Name a reef."}]}, {"role": "assistant", "content": [{"text": "Ningaloo."}]}]},
        {"question": "Name a reef.", "answers": ["Ningaloo.", "The Ningaloo."]},
    ],
)  # fmt: skip
def test_logs_traces_and_sets_come_out_as_a_chat(record, corpus_of):
    corpus = corpus_of([record])
    assert corpus.turns.select("role", "content").rows() == [
        ("user", "Name a reef."),
        ("assistant", "Ningaloo."),
    ]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "model", "parts": [{"functionCall": {"name": "tide", "args": {"port": "Brest"}}}]}, {"role": "user", "parts": [{"functionResponse": {"name": "tide", "response": {"metres": 6}}}]}],
        [{"role": "assistant", "content": [{"toolUse": {"toolUseId": "c1", "name": "tide", "input": {"port": "Brest"}}}]}, {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"json": {"metres": 6}}]}}]}],
        [{"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "tide", "input": {"port": "Brest"}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "6"}]}],
        [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "tide", "arguments": {"port": "Brest"}}]}, {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "6"}]}],
        [{"role": "assistant", "content": "", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c1", "content": {"metres": 6}}],
        [{"role": "assistant", "channel": "commentary", "recipient": "functions.tide", "content": '{"port": "Brest"}'}, {"role": "tool", "content": "6"}],
    ],
    ids=["Gemini", "Bedrock", "Anthropic", "OpenTelemetry", "OpenAI", "Harmony"],
)  # fmt: skip
def test_calls_and_results_in_any_providers_form(messages, corpus_of):
    corpus = corpus_of(
        [
            {
                "messages": [
                    {"role": "user", "content": "Tide at Brest?"},
                    *messages,
                    {"role": "assistant", "content": "Six metres."},
                ]
            }
        ]
    )
    assert corpus.turns["role"].to_list() == ["user", "assistant", "tool", "assistant"]
    [called] = json.loads(corpus.turns["tool_calls"][1])
    given = called["function"]["arguments"]
    assert called["function"]["name"] == "tide"
    assert (json.loads(given) if isinstance(given, str) else given) == {"port": "Brest"}
    assert "6" in corpus.turns["content"][2]


@pytest.mark.parametrize(
    "text",
    [
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nName a reef. [/INST] Ningaloo. </s>",
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nName a reef.<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nNingaloo.<|eot_id|>",
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nName a reef.<|im_end|>\n<|im_start|>assistant\nNingaloo.<|im_end|>\n",
        "<|system|>\nBe brief.</s>\n<|user|>\nName a reef.</s>\n<|assistant|>\nNingaloo.</s>",
        "### System:\nBe brief.\n\n### Human: Name a reef.\n### Assistant: Ningaloo.",
        "USER: Be brief.\nName a reef. ASSISTANT: Ningaloo.</s>",
    ],
    ids=["Llama 2", "Llama 3", "ChatML", "Zephyr", "Human", "Vicuna"],
)  # fmt: skip
def test_a_text_that_was_rendered_is_taken_apart(text, corpus_of):
    corpus = corpus_of([{"text": text}])
    assert corpus.turns["role"].to_list()[-2:] == ["user", "assistant"]
    assert corpus.turns["content"].to_list()[-1] == "Ningaloo."
    assert "Be brief." in corpus.turns["content"][0]


def test_several_rounds_of_a_rendered_text_keep_their_order(corpus_of):
    text = "<s>[INST] Name a reef. [/INST] Ningaloo. </s><s>[INST] Another? [/INST] Belize. </s>"
    assert corpus_of([{"text": text}]).turns["content"].to_list() == [
        "Name a reef.",
        "Ningaloo.",
        "Another?",
        "Belize.",
    ]


def test_a_rendered_text_that_cannot_be_taken_apart_is_named(corpus_of):
    corpus = corpus_of([{"text": "[INST] Name a reef. [/INST] Ningaloo. </s> And then the log went on."}])
    assert corpus.examples["shape"].to_list() == ["text"]
    assert "cannot be taken apart" in corpus.notes["message"][0]


@pytest.mark.parametrize(
    "text", ["The tags [INST] and [/INST] mark a turn.", "USERS: many.", "Below is an instruction manual."]
)
def test_a_text_about_marks_stays_a_text(text, corpus_of):
    corpus = corpus_of([{"text": text}])
    assert corpus.turns["content"].to_list() == [text] and corpus.notes.is_empty()


def test_a_log_keeps_its_metadata_and_its_finish_reason():
    record, names = unfolded(
        {
            "request": {"model": "m", "messages": [ASK]},
            "response": {"choices": [{"message": SAY, "finish_reason": "length"}]},
            "user_id": 7,
        },
        json.loads,
    )
    assert names == ["chat completion log"]
    assert record["model"] == "m" and record["user_id"] == 7 and record["finish_reason"] == "length"


LARGE = "12345678901234567890123"


@pytest.mark.parametrize(
    "record",
    [
        {"query": "q", "answers": f'[{{"name": "f", "arguments": {{"n": {LARGE}}}}}]'},
        {"chat": f'USER: q\n\nASSISTANT: <functioncall> {{"name": "f", "arguments": {{"n": {LARGE}}}}} <|endoftext|>'},
        {
            "gen_ai.input.messages": '[{"role": "user", "content": "q"}]',
            "gen_ai.output.messages": f'[{{"role": "assistant", "parts": [{{"type": "tool_call", "name": "f", "arguments": {{"n": {LARGE}}}}}]}}]',
        },
    ],
    ids=["xLAM", "Glaive", "OpenTelemetry"],
)  # fmt: skip
def test_large_numbers_in_json_text_are_not_rounded(record, corpus_of):
    assert LARGE in corpus_of([record]).turns["tool_calls"][1]


@pytest.mark.parametrize("arguments", ['{"n": NaN}', '{"n": "\\ud800"}', '{"n": 1'])
def test_a_call_that_is_no_json_stays_what_was_said_or_is_unreadable(arguments, corpus_of):
    said = f'<functioncall> {{"name": "f", "arguments": {arguments}}}'
    corpus = corpus_of([{"chat": f"USER: q\n\nASSISTANT: {said}"}])
    assert corpus.unreadable.height == 1 or corpus.turns["content"].to_list() == ["q", said]
