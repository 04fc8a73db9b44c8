"""What a demanding user writes: other names, other types, nulls; each is used as meant, or named."""

import json

import pytest

ASK = {"role": "user", "content": "Name a knot."}
SAY = {"role": "assistant", "content": "Bowline."}
RESULT = {"role": "tool", "content": "12"}


def call(arguments, **fields):
    return {"type": "function", "function": {"name": "tie", "arguments": arguments}, **fields}


def calling(*calls, **fields):
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **fields}


def named(corpus):
    return corpus.notes.filter(corpus.notes["kind"].str.starts_with("unread"))["message"].to_list()


@pytest.mark.parametrize(
    "fields, reasoning",
    [
        ({"reasoning": ["One.", "Two."]}, "One.\nTwo."),
        ({"reasoning": {"text": "One."}}, "One."),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "One.", "signature": "s"}]}, "One."),
        ({"reasoning": "One.", "reasoning_details": [{"type": "reasoning.text", "text": "One."}]}, "One."),
        ({"thinking_blocks": [{"type": "thinking", "thinking": "One.", "signature": "s"}]}, "One."),
        ({"reasoningContent": "One."}, "One."),
        ({"reasoning_content": "", "thinking": "One."}, "One."),
        ({"reasoning_content": None, "chain_of_thought": "One."}, "One."),
        ({"tool_plan": "One."}, "One."),
        ({"reasoning_content": ""}, ""),
    ],
)
def test_reasoning_in_any_form(corpus_of, fields, reasoning):
    corpus = corpus_of([{"messages": [ASK, {**SAY, **fields}]}])
    assert corpus.turns["reasoning"][1] == reasoning
    assert named(corpus) == []


def test_reasoning_that_says_something_else_twice_is_named(corpus_of):
    corpus = corpus_of([{"messages": [ASK, {**SAY, "reasoning": "One.", "thinking": "Two."}]}])
    assert len(named(corpus)) == 1


def test_reasoning_between_the_marks_of_open_thoughts(corpus_of):
    said = "<|begin_of_thought|>\n\nOne.\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\nBowline.\n\n<|end_of_solution|>"
    corpus = corpus_of([{"messages": [ASK, {"role": "assistant", "content": said}]}])
    assert corpus.turns.select("content", "reasoning").row(1) == ("Bowline.", "One.")
    cut = said.removesuffix("<|end_of_solution|>")
    assert corpus_of([{"messages": [ASK, {"role": "assistant", "content": cut}]}]).turns["content"][1] == cut


@pytest.mark.parametrize(
    "said",
    [
        {"tool_calls": call({"knot": 1})},
        {"toolCalls": [call({"knot": 1})]},
        {"tool_calls": [{"name": "tie", "args": {"knot": 1}, "id": "a", "type": "tool_call"}]},
        {"tool_calls": [{"name": "tie", "parameters": {"knot": 1}}]},
        {"tool_calls": [{"type": "function", "function": {"name": "tie", "parameters": {"knot": 1}}}]},
        {"function_call": {"name": "tie", "arguments": '{"knot": 1}'}},
        {"function_call": '{"name": "tie", "arguments": {"knot": 1}}'},
        {"tool_calls": json.dumps([call({"knot": 1})])},
    ],
)
def test_a_call_in_any_spelling(corpus_of, said):
    corpus = corpus_of([{"messages": [ASK, {"role": "assistant", "content": "", **said}, RESULT, SAY]}])
    [found] = json.loads(corpus.turns["tool_calls"][1])
    given = found["function"]["arguments"]
    assert found["function"]["name"] == "tie"
    assert (json.loads(given) if isinstance(given, str) else given) == {"knot": 1}
    assert named(corpus) == []


@pytest.mark.parametrize("empty", [None, ""])
def test_arguments_that_are_null_are_none(corpus_of, empty):
    corpus = corpus_of([{"messages": [ASK, calling(call(empty)), RESULT, SAY]}])
    given = json.loads(corpus.turns["tool_calls"][1])[0]["function"]["arguments"]
    assert given in ({}, "{}")


@pytest.mark.parametrize(
    "content, text",
    [
        ([{"title": "a", "v": 1}], '[{"title":"a","v":1}]'),
        ({"text": "a", "score": 3}, '{"text":"a","score":3}'),
        ([1, 2], "[1,2]"),
        (True, "true"),
        (12, "12"),
        (["one", "two"], "one\ntwo"),
        ([{"type": "text", "text": "one"}], "one"),
        ([{"type": "row", "v": 1}], '[{"type":"row","v":1}]'),
    ],
)
def test_a_result_of_any_type_is_text(corpus_of, content, text):
    corpus = corpus_of([{"messages": [ASK, calling(call({})), {"role": "tool", "content": content}, SAY]}])
    assert corpus.turns["content"][2] == text


@pytest.mark.parametrize(
    "tools",
    [
        {"tie": {"description": "Ties.", "parameters": {}}},
        "[{'name': 'tie', 'description': 'Ties.', 'parameters': {}}]",
        [{"name": "tie", "description": "Ties.", "parameters": {}}],
    ],
)
def test_tools_by_name_or_as_python_writes_them(corpus_of, tools):
    corpus = corpus_of([{"messages": [ASK, SAY], "tools": tools}])
    assert json.loads(corpus.examples["tools"][0]) == [
        {"name": "tie", "description": "Ties.", "parameters": {}}
    ]


@pytest.mark.parametrize("tools", [[{"tie": {}}], [{"knot": 3}], "null", ["tie"]])
def test_tools_that_are_none_are_named(corpus_of, tools):
    corpus = corpus_of([{"messages": [ASK, SAY], "tools": tools}])
    assert corpus.examples["tools"][0] is None and len(named(corpus)) == 1


@pytest.mark.parametrize(
    "row, asked",
    [
        ({"instruction": "Tie.", "input": {"rope": 2}, "output": "a"}, 'Tie.\n{"rope":2}'),
        ({"instruction": "Tie.", "input": ["x", "y"], "output": "a"}, 'Tie.\n["x","y"]'),
        ({"instruction": "Tie.", "input": 5, "output": "a"}, "Tie.\n5"),
        ({"instruction": "Tie.", "input": None, "output": "a"}, "Tie."),
        ({"instruction": "Tie.", "input": [], "output": "a"}, "Tie."),
        ({"question": "Tie.", "context": "Of rope.", "answer": "a"}, "Tie.\nOf rope."),
    ],
)
def test_an_input_of_any_type_is_asked_too(corpus_of, row, asked):
    assert corpus_of([row]).turns["content"][0] == asked


@pytest.mark.parametrize("name", ["history", "context"])
def test_what_was_said_before_comes_first(corpus_of, name):
    corpus = corpus_of([{name: [ASK, SAY], "prompt": "Another?", "response": "Reef."}])
    assert corpus.turns["content"].to_list() == ["Name a knot.", "Bowline.", "Another?", "Reef."]


@pytest.mark.parametrize("said", [True, "thumbs_up", "1", 0, "👎"])
def test_a_verdict_on_the_last_answer_is_the_rows(corpus_of, said):
    corpus = corpus_of([{"messages": [ASK, {**SAY, "feedback": said}]}])
    assert corpus.examples["label"].to_list() == [said not in (0, "👎")]


def test_a_verdict_on_another_answer_is_named(corpus_of):
    corpus = corpus_of([{"messages": [ASK, {**SAY, "feedback": "👎"}, ASK, SAY]}])
    assert corpus.examples["label"].to_list() == [None] and len(named(corpus)) == 1


@pytest.mark.parametrize(
    "known", [{"thumbs": "down"}, {"accepted": False}, {"train": False}, {"isCorrect": "no"}]
)
@pytest.mark.parametrize("rows", [1, 40])
def test_a_verdict_within_an_object_is_named(corpus_of, known, rows):
    plain = [{"messages": [ASK, SAY], "metadata": {"at": n}} for n in range(rows - 1)]
    corpus = corpus_of([*plain, {"messages": [ASK, SAY], "metadata": known}])
    assert len(named(corpus)) == 1


@pytest.mark.parametrize(
    "field", [{"exclude": True}, {"skip": "yes"}, {"metadata": {"train": False}}, {"discard": 1}]
)
def test_a_message_that_somebody_left_out_is_named(corpus_of, field):
    assert len(named(corpus_of([{"messages": [ASK, {**SAY, **field}, ASK, SAY]}]))) == 1
    assert named(corpus_of([{"messages": [ASK, {**SAY, "exclude": False}, ASK, SAY]}])) == []


def test_what_a_model_says_when_it_declines_is_its_answer(corpus_of):
    corpus = corpus_of([{"messages": [ASK, {"role": "assistant", "content": None, "refusal": "I cannot."}]}])
    assert corpus.turns["content"][1] == "I cannot."


@pytest.mark.parametrize(
    "role, meant",
    [
        ("context", "user"),
        ("documents", "user"),
        ("environment", "tool"),
        ("persona", "system"),
        ("agent7", "assistant"),
    ],
)
def test_a_role_that_nobody_knows_is_hinted_by_its_name(fault_of, role, meant):
    hint = fault_of([{"messages": [{"role": role, "content": "x"}, ASK, SAY]}])["hint"]
    assert hint.endswith(f'roles = {{ {role} = "{meant}" }}')


@pytest.mark.parametrize("role", ["User", " user ", "HUMAN", "prompter"])
def test_a_known_role_in_any_case(corpus_of, role):
    assert corpus_of([{"messages": [{"role": role, "content": "x"}, SAY]}]).turns["role"][0] == "user"


def test_several_texts_of_a_system_prompt_are_lines(corpus_of):
    corpus = corpus_of([{"system": ["Be terse.", "Be kind."], "messages": [ASK, SAY]}])
    assert corpus.turns["content"][0] == "Be terse.\nBe kind."


def test_documents_beside_a_conversation_are_named(corpus_of):
    assert len(named(corpus_of([{"messages": [ASK, SAY], "documents": [{"text": "Knots."}]}]))) == 1
