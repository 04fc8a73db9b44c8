"""What help desks, annotation tools and chat products export comes out whole, or is named."""

import json

import pytest

from finesift.read.fields import mappings

CHAT = [("user", "I need a taxi"), ("assistant", "Where to?")]
MESSAGES = [{"role": role, "content": content} for role, content in CHAT]
ROWS = {
    "a table of traces with JSON on both sides": {
        "input": json.dumps([{"role": "user", "content": "I need a taxi"}]),
        "output": json.dumps({"role": "assistant", "content": "Where to?"}),
        "sessionId": "s",
    },
    "a table of runs": {
        "run_type": "llm",
        "inputs": json.dumps({"messages": [{"role": "user", "content": "I need a taxi"}]}),
        "outputs": json.dumps({"generations": [[{"message": {"role": "assistant", "content": "Where to?"}}]]}),
    },
    "several right answers": {"input": [{"role": "user", "content": "I need a taxi"}], "ideal": ["Where to?", "Ok"]},
    "a set of dialogues": {"dialogue": [
        {"speaker": "USER", "utterance": "I need a taxi"}, {"speaker": "SYSTEM", "utterance": "Where to?"}]},
    "texts in turn": {"dialog": ["I need a taxi", "Where to?"], "act": [1, 2]},
    "UltraChat": {"id": "1", "data": ["I need a taxi", "Where to?"]},
    "Claude's export": {"chat_messages": [
        {"sender": "human", "text": "I need a taxi"}, {"sender": "assistant", "text": "Where to?"}]},
    "ChatGPT's export": {"title": "t", "current_node": "b", "mapping": {
        "r": {"message": None, "parent": None},
        "a": {"message": {"author": {"role": "user"}, "content": {"parts": ["I need a taxi"]}}, "parent": "r"},
        "x": {"message": {"author": {"role": "assistant"}, "content": {"parts": ["No."]}}, "parent": "a"},
        "b": {"message": {"author": {"role": "assistant"}, "content": {"parts": ["Where to?"]}}, "parent": "a"}}},
    "a conversation of Intercom": {
        "source": {"body": "I need a taxi", "author": {"type": "user"}},
        "conversation_parts": {"conversation_parts": [
            {"part_type": "note", "body": "He is angry", "author": {"type": "admin"}},
            {"part_type": "comment", "body": "Where to?", "author": {"type": "admin"}}]}},
    "a ticket of Zendesk": {"ticket": {"requester_id": 1}, "comments": [
        {"author_id": 1, "body": "I need a taxi"}, {"author_id": 2, "body": "Spam?", "public": False},
        {"author_id": 3, "body": "Where to?", "public": True}]},
    "an author as an object": {"messages": [
        {"author": {"name": "x", "role": "user"}, "content": "I need a taxi"},
        {"author": {"name": "y", "role": "assistant"}, "content": "Where to?"}]},
}  # fmt: skip


def said(corpus):
    return [(role, content) for role, content in corpus.turns.select("role", "content").rows()]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_of_an_export_is_the_conversation(corpus_of, row):
    corpus = corpus_of([row])
    assert corpus.unreadable.is_empty()
    assert said(corpus) == CHAT


FLAT = [
    {"dialog_id": 1, "turn": 1, "speaker": "system", "utterance": "Where to?"},
    {"dialog_id": 2, "turn": 0, "speaker": "user", "utterance": "Any museums?"},
    {"dialog_id": 1, "turn": 0, "speaker": "user", "utterance": "I need a taxi"},
    {"dialog_id": 2, "turn": 1, "speaker": "system", "utterance": "Three."},
]


def test_messages_that_are_rows_become_conversations(corpus_of):
    corpus = corpus_of(FLAT)
    assert corpus.unreadable.is_empty()
    assert said(corpus) == [*CHAT, ("user", "Any museums?"), ("assistant", "Three.")]
    assert corpus.examples["row"].to_list() == [1, 2]


def test_a_speaker_that_nobody_knows_is_named_with_the_line(corpus_of):
    rows = [{"user": who, "text": said, "ts": at, "thread_ts": "1"} for who, said, at in
            [("U1", "I need a taxi", "1"), ("U2", "Where to?", "2")]]  # fmt: skip
    assert "U1 =" in corpus_of(rows).unreadable["hint"][0]
    assert said(corpus_of(rows, roles={"U1": "user", "U2": "assistant"})) == CHAT


def test_a_message_without_a_conversation_is_named(corpus_of):
    corpus = corpus_of([*FLAT, {"dialog_id": None, "turn": 0, "speaker": "user", "utterance": "Lost"}])
    assert corpus.examples.height == 2
    assert corpus.unreadable.height == 1


def test_rows_of_answers_with_a_session_stay_rows(corpus_of):
    corpus = corpus_of(
        [{"session_id": "s", "user": "I need a taxi", "response": "Where to?", "text": "x"}] * 2
    )
    assert corpus.examples.height + corpus.unreadable.height == 2


@pytest.mark.parametrize(("verdict", "label"), [("accept", True), ("reject", False)])
def test_an_annotator_s_verdict_is_no_answer(corpus_of, verdict, label):
    corpus = corpus_of([{"prompt": "I need a taxi", "text": "Where to?", "answer": verdict, "_task_hash": 1}])
    assert said(corpus) == CHAT
    assert corpus.examples["label"].to_list() == [label]


@pytest.mark.parametrize("verdict", ["reject", "ignore"])
def test_a_text_that_an_annotator_did_not_accept_is_not_trained(corpus_of, verdict):
    corpus = corpus_of([{"text": "I need a taxi", "answer": verdict, "_task_hash": 1}])
    assert corpus.examples.is_empty()
    assert verdict in corpus.unreadable["error"][0]


@pytest.mark.parametrize("switch", ["on", "off", "high"])
def test_a_switch_for_reasoning_is_no_thought(corpus_of, switch):
    corpus = corpus_of(
        [
            {
                "messages": [dict(zip(("role", "content"), turn, strict=True)) for turn in CHAT],
                "reasoning": switch,
            }
        ]
    )
    assert corpus.turns["reasoning"].to_list() == [None, None]


LOST = {
    "instructions of the template beside a system message": {
        "messages": [{"role": "system", "content": "s"}, *MESSAGES],
        "chat_template_kwargs": {"custom_instructions": "Be brief."}},
    "tools of the template as code": {
        "messages": MESSAGES,
        "chat_template_kwargs": {"python_tools": ["def f(): ..."]}},
    "a system prompt in metadata": {"prompt": "a", "completion": "b", "metadata": {"system_prompt": "Be brief."}},
    "contexts": {"question": "a", "answer": "b", "contexts": ["c"]},
    "demonstrations": {"instruction": "a", "output": "b", "demonstrations": [{"input": "c", "output": "d"}]},
    "a row before it": {"instruction": "a", "output": "b", "id": "2", "parent_id": "1"},
    "a persona": {"prompt": "a", "completion": "b", "persona": "You are a pirate."},
    "a summary beside a text": {"document": "a long text", "summary": "a text"},
}  # fmt: skip


@pytest.mark.parametrize("row", LOST.values(), ids=LOST)
def test_what_belongs_to_the_conversation_is_named(corpus_of, row):
    corpus = corpus_of([row] * 20)
    assert corpus.notes.filter(kind="unread_field").height == 20


def test_reasoning_of_both_sides_of_a_pair(corpus_of):
    corpus = corpus_of(
        [{"prompt": "a", "chosen": "b", "rejected": "c", "chosen_reasoning": "d", "rejected_reasoning": "e"}]
    )
    assert corpus.turns["reasoning"].to_list() == [None, "d", "e"]


def test_several_rejected_answers(corpus_of):
    row = {
        "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
        "rejected_response": ["c", "d"],
    }
    assert [text for _, text in said(corpus_of([row]))] == ["a", "b", "c"]
    assert [text for _, text in said(corpus_of([row], pairs="all"))] == ["a", "b", "c", "a", "b", "d"]


def event(name, body, span="s", **fields):
    return {"traceId": "t", "spanId": span, "attributes": {"event.name": name}, "body": body, **fields}


EVENTS = [
    event("gen_ai.user.message", {"content": "I need a taxi"}),
    event("gen_ai.user.message", {"content": "Any museums?"}, "other"),
    event("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "Where to?"}}),
]


def test_log_records_of_one_span_are_a_conversation(corpus_of):
    assert said(corpus_of(EVENTS)) == [*CHAT, ("user", "Any museums?")]


def test_log_records_in_their_wrappers_are_a_conversation(corpus_of):
    def typed(value):
        if isinstance(value, dict):
            return {
                "kvlistValue": {"values": [{"key": key, "value": typed(one)} for key, one in value.items()]}
            }
        return {"stringValue": str(value)}

    records = [
        {
            **one,
            "body": typed(one["body"]),
            "attributes": [{"key": "event.name", "value": typed(one["attributes"]["event.name"])}],
        }
        for one in EVENTS[::2]
    ]
    assert said(corpus_of([{"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}])) == CHAT


@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_spans_in_their_wrappers_are_rows(corpus_of, name):
    parts = [[{"role": role, "parts": [{"type": "text", "content": content}]}] for role, content in CHAT]
    names = ("gen_ai.input.messages", "gen_ai.output.messages")
    attributes = [
        {"key": key, "value": {"stringValue": json.dumps(one)}} for key, one in zip(names, parts, strict=True)
    ]
    spans = [{"spanId": "a", "attributes": attributes}, {"spanId": "b", "name": "GET", "attributes": []}]
    corpus = corpus_of([{"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}], name)
    assert said(corpus) == CHAT
    assert corpus.unreadable["row"].to_list() == [2]


HINTED = {
    "a golden answer beside the given one": (
        {"input": "a", "actual_output": "b", "expected_output": "c"},
        {"input": "prompt", "expected_output": "completion"},
        ["a", "c"],
    ),
    "a reference beside a response": (
        {"user_input": "a", "response": "b", "reference": "c"},
        {"user_input": "prompt", "reference": "completion"},
        ["a", "c"],
    ),
    "two languages": (
        {"translation": {"en": "a", "de": "b"}},
        {"translation.en": "prompt", "translation.de": "completion"},
        ["a", "b"],
    ),
}


@pytest.mark.parametrize(("row", "columns", "texts"), HINTED.values(), ids=HINTED)
def test_the_line_of_the_hint_reads_the_row(corpus_of, row, columns, texts):
    hint = corpus_of([row]).unreadable["hint"][0]
    assert mappings(columns) in hint
    assert [text for _, text in said(corpus_of([row], columns=columns))] == texts


def test_rows_two_objects_deep_are_found(corpus_of):
    rows = [{"prompt": "I need a taxi", "completion": "Where to?"}] * 3
    corpus = corpus_of(json.dumps({"results": {"version": 3, "rows": rows}}), "data.json")
    assert corpus.examples.height == 3


def test_lists_of_rows_side_by_side_are_no_rows(corpus_of):
    corpus = corpus_of(json.dumps({"train": [{"prompt": "a"}], "test": [{"prompt": "b"}]}), "data.json")
    assert '"train", "test" may be its rows' in corpus.unreadable["hint"][0]


def test_pieces_of_rendered_text_say_so(corpus_of):
    corpus = corpus_of([{"segments": [{"label": False, "text": "<s>a"}]}] * 2)
    assert "the messages that they were made from" in corpus.unreadable["hint"][0]


def written(role, text):
    """A message as ChatGPT exports it."""
    return {"author": {"role": role}, "content": {"content_type": "text", "parts": [text]}}


# The same kinds as somebody else's tool writes them.
OTHERS = {
    "a table of traces, several messages": {
        "id": "t1", "name": "chat", "metadata": json.dumps({"env": "x"}),
        "input": json.dumps({"messages": [{"role": "user", "content": "I need a taxi"}]}),
        "output": json.dumps({"role": "assistant", "content": "Where to?", "refusal": None}),
    },
    "one right answer": {"input": [{"role": "user", "content": "I need a taxi"}], "ideal": "Where to?"},
    "a set of dialogues with names": {"dialogue_id": "d", "services": ["taxi"], "dialogue": [
        {"speaker": "USER", "utterance": "I need a taxi", "frames": []},
        {"speaker": "SYSTEM", "utterance": "Where to?", "frames": []}]},
    "texts in turn, as utterances": {"utterances": ["I need a taxi", "Where to?"]},
    "Claude's export with parts": {"uuid": "u", "name": "Taxi", "chat_messages": [
        {"uuid": "1", "sender": "human", "text": "", "content": [{"type": "text", "text": "I need a taxi"}]},
        {"uuid": "2", "sender": "assistant", "text": "", "content": [{"type": "text", "text": "Where to?"}]}]},
    "ChatGPT's export with a hidden system message": {"title": "t", "current_node": "b", "mapping": {
        "r": {"parent": None, "message": written("system", "")},
        "a": {"parent": "r", "message": written("user", "I need a taxi")},
        "b": {"parent": "a", "message": written("assistant", "Where to?")}}},
    "a conversation of Intercom with a lead": {
        "type": "conversation", "source": {"body": "I need a taxi", "author": {"type": "lead", "id": "1"}},
        "conversation_parts": {"type": "list", "conversation_parts": [
            {"part_type": "assignment", "body": None, "author": {"type": "bot"}},
            {"part_type": "comment", "body": "Where to?", "author": {"type": "bot"}}]}},
    "a ticket of Zendesk, flat": {"id": 5, "requester_id": 1, "subject": "Taxi", "comments": [
        {"author_id": 1, "body": "I need a taxi", "public": True},
        {"author_id": 9, "body": "Where to?", "public": True}]},
}  # fmt: skip


@pytest.mark.parametrize("row", OTHERS.values(), ids=OTHERS)
def test_the_same_kinds_in_other_words(corpus_of, row):
    corpus = corpus_of([row])
    assert corpus.unreadable.is_empty(), corpus.unreadable.select("error", "hint").row(0)
    assert said(corpus) == CHAT


def test_turns_are_read_by_the_line_of_the_hint(corpus_of):
    turns = [
        {"speaker": "USER", "utterance": "I need a taxi"},
        {"speaker": "SYSTEM", "utterance": "Where to?"},
    ]
    assert 'turns = "messages"' in corpus_of([{"turns": turns}]).unreadable["hint"][0]
    assert said(corpus_of([{"turns": turns}], columns={"turns": "messages"})) == CHAT


def test_messages_that_are_rows_of_a_table(corpus_of):
    rows = "session_id,message_index,role,message\ns1,0,user,I need a taxi\ns1,1,assistant,Where to?\n"
    assert said(corpus_of(rows, name="messages.csv")) == CHAT
