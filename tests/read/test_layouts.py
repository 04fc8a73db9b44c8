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
    assert corpus.notes.filter(corpus.notes["kind"] == "layout")["message"].to_list() == [known.name]
    ends = "user" if known.name == "unanswered request" else "assistant"
    assert corpus.turns["role"].to_list()[-1] == ends


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


@pytest.mark.parametrize(
    "text",
    [
        "<s>[INST] Name a reef. [/INST] Ningaloo. </s><s>[INST]Another?[/INST] Belize. </s>",
        "<|start_header_id|>user<|end_header_id|>\n\nHi.<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHo.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi.<|eot_id|>\n<|start_header_id|>assistant<|end_header_id|>\n\nHo.<|eot_id|>",
        "<|im_start|>user\nq<|im_end|><|im_start|>assistant\na<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n",
        "<start_of_turn>user\nHi.<end_of_turn>\n<start_of_turn>model\nHo.<end_of_turn>\n<start_of_turn>user\nHi.\n<start_of_turn>model\nHo.<end_of_turn>\n",
    ],
    ids=["Llama 2", "Llama 3", "ChatML", "Gemma"],
)  # fmt: skip
def test_a_text_that_no_one_template_made_is_not_taken_apart(text, corpus_of):
    corpus = corpus_of([{"text": text}])
    assert corpus.turns["content"].to_list() == [text]
    assert "cannot be taken apart" in corpus.notes["message"][0]


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
    [record] = record
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


RANKED = [
    {"response": text, "overall_score": score}
    for text, score in (("Fair.", 5.0), ("Best.", 9.5), ("Worst.", 1.0))
]
NECTAR = {
    "prompt": "\n\nHuman: Name a reef.\n\nAssistant: ",
    "answers": [
        {"answer": "Ningaloo.", "model": "x", "rank": 1.0},
        {"answer": "A rock.", "model": "y", "rank": 7.0},
    ],
    "turns": 1,
}


@pytest.mark.parametrize(
    "record, pairs",
    [
        (NECTAR, [("Ningaloo.", "A rock.")]),
        ({"instruction": "Rate.", "completions": RANKED, "models": ["a", "b", "c"]}, [("Best.", "Worst."), ("Best.", "Fair."), ("Fair.", "Worst.")]),
        ({"prompt": "Name a reef.", "responses": [{"text": "a", "reward": 0.1}, {"text": "b", "reward": 0.2}]}, [("b", "a")]),
        ({"prompt": "p", "response_0": "x", "response_1": "y", "better_response_id": 0}, [("x", "y")]),
        ({"prompt": "p", "response_1": "x", "response_2": "y", "preference_strength": -2}, [("x", "y")]),
        ({"conversation_a": [ASK, SAY], "conversation_b": [ASK, SAY | {"content": "Uluru."}], "winner": "model_b"}, [("Uluru.", "Ningaloo.")]),
    ],
)  # fmt: skip
def test_ranked_and_compared_answers_become_pairs(record, pairs, corpus_of):
    for mode, wanted in (("best", pairs[:1]), ("all", pairs)):
        corpus = corpus_of([record], pairs=mode)
        said = {
            part: corpus.turns.filter(corpus.turns["part"] == part)["content"]
            for part in ("chosen", "rejected")
        }
        assert list(zip(said["chosen"], said["rejected"], strict=True)) == wanted
        assert set(corpus.examples["shape"]) == {"preference"} and corpus.examples["row"].to_list() == [
            1
        ] * len(wanted)
    assert not corpus.notes["kind"].is_in(["unread_field", "unread_flag", "competing_fields"]).any()


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "p", "response1": "x", "response2": "y", "overall_preference": 0},
        {"prompt": "p", "answers": [{"answer": "x", "score": 1}, {"answer": "y", "score": 1}]},
        {"conversation_a": [ASK, SAY], "conversation_b": [ASK, SAY], "winner": "tie (bothbad)"},
    ],
)
def test_a_tie_is_no_pair_and_says_so(record, fault_of):
    assert "a pair needs a better one" in fault_of([record])["error"]


@pytest.mark.parametrize("labels, wanted", [([True, True], True), ([1, 0], False), (["yes", "no"], False)])
def test_an_answer_of_steps_is_wanted_where_every_step_is_right(labels, wanted, corpus_of):
    corpus = corpus_of([{"prompt": "2+2*3?", "completions": ["2*3=6", "2+6=8"], "labels": labels}])
    assert corpus.turns["content"].to_list() == ["2+2*3?", "2*3=6\n2+6=8"]
    assert corpus.examples.select("shape", "label").rows() == [("kto", wanted)]
    assert json.loads(corpus.examples["extra"][0])["step_labels_by_index"] == labels


def test_helpsteer_keeps_its_scores_and_its_turns(corpus_of):
    scores = {"helpfulness": 4, "correctness": 3, "coherence": 4}
    plain = {"prompt": "Name a reef.", "response": "Ningaloo.", **scores}
    several = plain | {"prompt": "Name a reef.\n<extra_id_1>Assistant\nBelize.\n<extra_id_1>User\nAnother?"}
    corpus = corpus_of([plain, several])
    assert corpus.turns["role"].to_list() == ["user", "assistant"] + ["user", "assistant"] * 2
    assert [json.loads(extra) for extra in corpus.examples["extra"]] == [scores, scores]


@pytest.mark.parametrize(
    "record",
    [
        {"conversation": [{"input": "Name a reef.", "output": "Ningaloo."}]},
        {"inputs": "Name a reef.", "targets": "Ningaloo.", "language": "English"},
        {"request": {"contents": [{"role": "user", "parts": [{"text": "Name a reef."}]}]}, "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": "Ningaloo."}]}, "finishReason": "STOP"}]}},
        {"input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "Name a reef."}]}]}}, "output": {"outputBodyJson": {"output": {"message": {"role": "assistant", "content": [{"text": "Ningaloo."}]}}, "stopReason": "end_turn"}}},
        {"input": [ASK], "ideal": "Ningaloo."},
        {"custom_id": "r1", "params": {"model": "m", "messages": [ASK]}, "result": {"type": "succeeded", "message": {"role": "assistant", "content": [{"type": "text", "text": "Ningaloo."}]}}},
    ],
)  # fmt: skip
def test_more_logs_and_sets_come_out_as_a_chat(record, corpus_of):
    corpus = corpus_of([record])
    assert corpus.turns.select("role", "content").rows() == [
        ("user", "Name a reef."),
        ("assistant", "Ningaloo."),
    ]


def openai(**delta):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


STREAM = [
    openai(role="assistant", content="Ninga"),
    openai(content="loo."),
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
]
EVENTS = [
    {"type": "message_start", "message": {"role": "assistant", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Ninga"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "loo."}},
    {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}},
]  # fmt: skip


@pytest.mark.parametrize(
    "response, reason",
    [
        (STREAM, "length"),
        ({"chunks": STREAM}, "length"),
        ("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in STREAM) + "data: [DONE]\n", "length"),
        (EVENTS, "max_tokens"),
    ],
    ids=["chunks", "within", "lines", "Anthropic"],
)
def test_the_deltas_of_a_stream_are_joined(response, reason, corpus_of):
    corpus = corpus_of([{"request": {"messages": [ASK]}, "response": response}])
    assert corpus.turns["content"].to_list() == ["Name a reef.", "Ningaloo."]
    assert json.loads(corpus.examples["extra"][0])["finish_reason"] == reason
    assert corpus.turns["reasoning"][1] == ("Hm." if response is EVENTS else None)


def test_the_call_of_a_stream_is_joined(corpus_of):
    pieces = [
        openai(tool_calls=[{"index": 0, "id": "c1", "function": {"name": "tide", "arguments": ""}}]),
        openai(tool_calls=[{"index": 0, "function": {"arguments": '{"port": '}}]),
        openai(tool_calls=[{"index": 0, "function": {"arguments": '"Brest"}'}}]),
    ]
    [call] = json.loads(corpus_of([{"messages": [ASK], "response": pieces}]).turns["tool_calls"][1])
    assert call["id"] == "c1" and call["function"] == {"name": "tide", "arguments": '{"port": "Brest"}'}


@pytest.mark.parametrize(
    "told, label",
    [
        ({"feedback": {"rating": "thumbs_down"}}, False),
        ({"scores": [{"name": "latency", "value": 1}, {"name": "user-feedback", "value": 0}]}, False),
        ({"metadata": {"thumbs": "up"}}, True),
        ({"thumbs": "down"}, False),
        ({"user_feedback": {"value": 1}}, True),
        ({"metadata": {"score": 1, "type": "bad"}}, None),
        ({"scores": [{"name": "toxicity", "value": 0}]}, None),
        ({"feedback": {"text": "it was late"}}, None),
    ],
)
def test_a_thumb_of_a_log_becomes_its_label(told, label, corpus_of):
    corpus = corpus_of(
        [{"request": {"messages": [ASK]}, "response": {"choices": [{"message": SAY}]}, **told}]
    )
    assert corpus.examples["label"].to_list() == [label]
