"""Every spelling of a message becomes the same turn."""

import json

import pytest

from finesift.read import read

U, A, S, T = "user", "assistant", "system", "tool"


@pytest.fixture
def turn_of(corpus_of):
    """The columns of the last turn of a conversation that ends in the given message."""

    def turn(message, **options):
        corpus = corpus_of([{"messages": [{"role": "user", "content": "q"}, message]}], **options)
        assert corpus.unreadable.is_empty(), corpus.unreadable["error"].to_list()
        columns = corpus.turns.row(-1, named=True)
        return {
            name: value
            for name, value in columns.items()
            if value is not None and name not in ("example", "part")
        }

    return turn


@pytest.mark.parametrize(
    "given, role",
    [
        ("human", U), ("prompter", U), ("customer", U), ("User", U), (" user ", U),
        ("gpt", A), ("chatgpt", A), ("bot", A), ("model", A), ("bard", A), ("ai", A), ("ASSISTANT", A),
        ("function", T), ("observation", T), ("tool_response", T), ("ipython", T), ("tool", T),
        ("system", S), ("developer", "developer"),
    ],
)  # fmt: skip
def test_all_common_names_of_roles_are_known(turns_of, given, role):
    assert turns_of({"conversations": [{"from": given, "value": "x"}]}) == [(role, "x")]


def test_a_renamed_role_is_noted_once_per_row(corpus_of):
    corpus = corpus_of(
        [{"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}] * 2}] * 2
    )
    assert list(corpus.notes.iter_rows()) == [
        (row, "repair", message)
        for row in (0, 1)
        for message in ('role "human" read as user', 'role "gpt" read as assistant')
    ]


@pytest.mark.parametrize(
    "message, columns",
    [
        ({"role": A, "content": "a", "reasoning_content": "r"}, {"content": "a", "reasoning": "r"}),
        ({"role": A, "content": "a", "thinking": "r"}, {"content": "a", "reasoning": "r"}),
        ({"role": A, "content": [{"type": "thinking", "thinking": "r"}, {"type": "text", "text": "a"}]},
         {"content": "a", "reasoning": "r"}),
        ({"role": A, "content": [{"type": "reasoning", "value": "r"}, {"type": "text", "value": "a"}]},
         {"content": "a", "reasoning": "r"}),
        ({"role": A, "content": "<think>\nr\n</think>\n\na"}, {"content": "a", "reasoning": "r"}),
        ({"role": A, "content": "<think>\n\n</think>\n\na"}, {"content": "a", "reasoning": ""}),
        ({"role": A, "content": "\n<think>r</think>a"}, {"content": "a", "reasoning": "r"}),
        ({"role": A, "content": "<think> without an end"}, {"content": "<think> without an end"}),
        ({"role": U, "content": "<think>r</think>a"}, {"content": "<think>r</think>a"}),
        ({"role": A, "content": "a <think>b</think>"}, {"content": "a <think>b</think>"}),
        ({"role": A, "content": "a", "weight": 0}, {"content": "a", "train": False}),
        ({"role": A, "content": "a", "weight": 1}, {"content": "a", "train": True}),
        ({"role": A, "content": "a", "loss_weight": 1.0}, {"content": "a", "train": True}),
        ({"role": A, "content": "a", "train": False}, {"content": "a", "train": False}),
        ({"role": A, "content": "a", "name": "Ann"}, {"content": "a", "name": "Ann"}),
        ({"role": T, "content": "42", "tool_call_id": "c1", "name": "add"},
         {"content": "42", "tool_call_id": "c1", "name": "add"}),
        ({"role": A, "content": ["one", {"type": "text", "text": "two"}]}, {"content": "onetwo"}),
        ({"role": A, "content": {"type": "text", "text": "a"}}, {"content": "a"}),
        ({"role": A, "content": {"content_type": "text", "parts": ["a", "b"]}}, {"content": "ab"}),
        ({"role": A, "content": 42}, {"content": "42"}),
        ({"role": A, "content": []}, {"content": ""}),
        ({"role": A, "content": None}, {}),
        ({"author": "bot", "text": "a"}, {"content": "a"}),
    ],
)  # fmt: skip
def test_each_spelling_becomes_the_same_columns(turn_of, message, columns):
    turn = turn_of(message)
    assert {name: value for name, value in turn.items() if name not in ("role", "turn")} == columns


@pytest.mark.parametrize(
    "message, calls",
    [
        ({"role": A, "content": None, "tool_calls": [{"id": "1", "type": "function",
          "function": {"name": "f", "arguments": '{"x": 1}'}}]},
         [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}]),
        ({"role": A, "tool_calls": [{"function": {"name": "f", "arguments": {"x": None}}}]},
         [{"function": {"name": "f", "arguments": {"x": None}}}]),
        ({"role": A, "function_call": {"name": "f", "arguments": "{}"}},
         [{"type": "function", "function": {"name": "f", "arguments": "{}"}}]),
        ({"role": "function_call", "content": '{"name": "f",\n "arguments": {"x": 1.50}}'},
         [{"type": "function", "function": {"name": "f", "arguments": {"x": 1.5}}}]),
        ({"role": "function_call", "content": '[{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}}]'},
         [{"type": "function", "function": {"name": "f", "arguments": {}}},
          {"type": "function", "function": {"name": "g", "arguments": {}}}]),
        ({"role": A, "content": [{"type": "tool_call", "value": '{"name": "f", "arguments": {}}'}]},
         [{"type": "function", "function": {"name": "f", "arguments": {}}}]),
        ({"role": A, "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1}}]},
         [{"id": "t1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}]),
        ({"role": A, "content": "", "tool_calls": '[{"name": "f", "arguments": {}}]'},
         [{"type": "function", "function": {"name": "f", "arguments": {}}}]),
    ],
)  # fmt: skip
def test_tool_calls_mean_what_they_meant(turn_of, message, calls):
    turn = turn_of(message)
    assert turn["role"] == A
    assert json.loads(turn["tool_calls"]) == calls
    assert "\n" not in turn["tool_calls"]


def test_tool_results_among_the_parts_of_a_message_are_turns_of_their_own(turns_of):
    assert turns_of(
        {
            "messages": [
                {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "1",
                            "content": [{"type": "text", "text": "42"}],
                        },
                        {"type": "text", "text": "go on"},
                    ],
                },
            ]
        }
    ) == [(A, None), (T, "42"), (U, "go on")]


@pytest.mark.parametrize(
    "tools, kept",
    [
        (
            [{"name": "f", "parameters": {"x": None, "n": 1.0}}],
            [{"name": "f", "parameters": {"x": None, "n": 1.0}}],
        ),
        ('[{"name": "f"}]', [{"name": "f"}]),
        ({"name": "f"}, [{"name": "f"}]),
        ('{"name":\n"f"}', [{"name": "f"}]),
        ([], None),
        ("", None),
    ],
)
def test_tools_mean_what_they_meant(corpus_of, tools, kept):
    corpus = corpus_of([{"messages": [{"role": "user", "content": "q"}], "tools": tools}])
    found = corpus.examples["tools"][0]
    assert (None if found is None else json.loads(found)) == kept
    assert found is None or "\n" not in found


@pytest.mark.parametrize(
    "message, error",
    [
        ({"role": "robot", "content": "x"},
         'message 2 has role "robot"; known roles are system, developer, user, assistant, tool'),
        ({"role": None, "content": "x"},
         "message 2 has null for its role; known roles are system, developer, user, assistant, tool"),
        ({"content": "x"}, "message 2 has no role; its fields are content"),
        ({"role": A}, "message 2 (assistant) has no content; its fields are role"),
        ("hello", "message 2 is text; expected an object with role and content"),
        ({"role": A, "content": True}, "the content of message 2 is true or false; expected text"),
        ({"role": A, "content": [{"type": "molecule", "molecule": "C"}]},
         "message 2 has a part molecule; only text can be read"),
        ({"role": A, "content": [7]}, "message 2 has a number among its parts; expected text"),
        ({"role": A, "tool_calls": "f()"}, "the tool call of message 2 is text, but no JSON"),
        ({"role": A, "tool_calls": {"name": "f"}},
         "the tool calls of message 2 are an object; expected a list of objects"),
        ({"role": "function_call", "content": "[]"},
         "the tool call of message 2 is a list; expected name and arguments"),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_read_says_which_and_why(fault_of, message, error):
    assert fault_of([{"messages": [{"role": "user", "content": "q"}, message]}])["error"].startswith(error)


def test_the_hint_of_an_unknown_role_is_a_line_of_the_recipe(fault_of, turns_of):
    row = {"messages": [{"role": "my bot", "content": "x"}]}
    assert fault_of([row])["hint"] == 'Map it in the recipe:  roles = { "my bot" = "assistant" }'
    assert turns_of(row, roles={"my bot": "assistant"}) == [(A, "x")]


def test_arguments_that_are_json_within_json_are_kept_as_given_and_noted(corpus_of):
    calls = [{"function": {"name": "f", "arguments": '"{\\"x\\": 1}"'}}]
    corpus = corpus_of([{"messages": [{"role": "assistant", "tool_calls": calls}]}])
    assert json.loads(corpus.turns["tool_calls"][0]) == calls
    assert corpus.notes["message"].to_list() == [
        "tool arguments of message 1 are JSON text within JSON text, kept as given"
    ]


def test_a_weight_that_is_neither_0_nor_1_trains_and_stays_in_extra(corpus_of):
    corpus = corpus_of([{"messages": [{"role": "assistant", "content": "a", "weight": 0.5}]}])
    assert corpus.turns["train"].to_list() == [True]
    assert json.loads(corpus.examples["extra"][0]) == {"_turns": {"0": {"weight": 0.5}}}


def test_a_kind_of_part_that_is_long_does_not_fill_the_message(tmp_path):
    path = tmp_path / "part.jsonl"
    part = {"type": "x" * 5000, "text": "q"}
    path.write_text(json.dumps({"messages": [{"role": "user", "content": [part]}]}) + "\n")
    assert len(read([path]).unreadable["error"][0]) < 200
