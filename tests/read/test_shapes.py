"""Each shape that people keep data in becomes the same turns."""

import json

import pytest

U, A, S, T = "user", "assistant", "system", "tool"


@pytest.mark.parametrize(
    "shape, record, turns",
    [
        ("messages", {"messages": [{"role": U, "content": "q"}, {"role": A, "content": "a"}]}, [(U, "q"), (A, "a")]),
        ("messages", [{"role": U, "content": "q"}, {"role": A, "content": "a"}], [(U, "q"), (A, "a")]),
        ("messages", {"dialogue": [["user", "q"], ["assistant", "a"]]}, [(U, "q"), (A, "a")]),
        ("messages", {"contents": [{"role": U, "parts": [{"text": "q"}]}, {"role": "model", "parts": [{"text": "a"}]}]},
         [(U, "q"), (A, "a")]),
        ("messages", {"messages": '[{"role": "user", "content": "q"}]'}, [(U, "q")]),
        ("messages", {"messages": "[{'role': 'user', 'content': None}]"}, [(U, None)]),
        ("messages", {"question": [[{"role": U, "content": "one"}], [{"role": U, "content": "two"}]]},
         [(U, "one"), (U, "two")]),
        ("sharegpt", {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
         [(U, "q"), (A, "a")]),
        ("sharegpt", {"system": "s", "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
         [(S, "s"), (U, "q"), (A, "a")]),
        ("sharegpt", {"system": "", "conversations": [{"from": "human", "value": "q"}]}, [(U, "q")]),
        ("alpaca", {"instruction": "i", "input": "", "output": "o"}, [(U, "i"), (A, "o")]),
        ("alpaca", {"instruction": "i", "input": "x", "output": "o"}, [(U, "i\nx"), (A, "o")]),
        ("alpaca", {"instruction": "", "input": "x", "output": "o"}, [(U, "x"), (A, "o")]),
        ("alpaca", {"instruction": "i", "output": "o", "system": "s", "history": [["q", "a"]]},
         [(S, "s"), (U, "q"), (A, "a"), (U, "i"), (A, "o")]),
        ("alpaca", {"instruction": "i", "context": "c", "response": "r", "category": "k"}, [(U, "i\nc"), (A, "r")]),
        ("alpaca", {"instruction": "i", "instances": [{"input": "x", "output": "o"}]}, [(U, "i\nx"), (A, "o")]),
        ("prompt_completion", {"prompt": "p", "completion": "c"}, [(U, "p"), (A, "c")]),
        ("prompt_completion", {"prompt": [{"role": U, "content": "p"}], "completion": [{"role": A, "content": "c"}]},
         [(U, "p"), (A, "c")]),
        ("prompt_completion", {"input": "x", "target": "y"}, [(U, "x"), (A, "y")]),
        ("prompt_completion", {"text": "Add two numbers.", "code": "a + b"}, [(U, "Add two numbers."), (A, "a + b")]),
        ("prompt_completion", {"Prompt": "p", "Best Answer": "b"}, [(U, "p"), (A, "b")]),
        ("question_answer", {"question": "q", "answer": "a"}, [(U, "q"), (A, "a")]),
        ("question_answer", {"question": "q", "answer": 42}, [(U, "q"), (A, "42")]),
        ("prompt", {"prompt": "p"}, [(U, "p")]),
        ("prompt", {"prompt": ["one", "two"]}, [(U, "one"), (U, "two")]),
        ("text", {"text": "t"}, [(A, "t")]),
        ("text", "t", [(A, "t")]),
        ("transcript", {"text": "\n\nHuman: q\n\nAssistant: a"}, [(U, "q"), (A, "a")]),
        ("transcript", {"text": "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n"},
         [(U, "q"), (A, "a")]),
        ("text", {"text": "<|im_start|>user\nq, and no end"}, [(A, "<|im_start|>user\nq, and no end")]),
        ("kto", {"messages": [{"role": U, "content": "q"}, {"role": A, "content": "a"}], "label": True},
         [(U, "q"), (A, "a")]),
        ("kto", {"prompt": "p", "completion": "c", "label": "False"}, [(U, "p"), (A, "c")]),
        ("tree", {"role": "prompter", "text": "q", "replies": [
            {"role": "assistant", "text": "second", "rank": 1, "replies": []},
            {"role": "assistant", "text": "deleted", "rank": 0, "deleted": True, "replies": []},
            {"role": "assistant", "text": "best", "rank": 0, "replies": []}]}, [(U, "q"), (A, "best")]),
    ],
)  # fmt: skip
def test_each_shape_becomes_the_same_turns(corpus_of, shape, record, turns):
    corpus = corpus_of([record])
    assert corpus.unreadable.is_empty(), corpus.unreadable["error"].to_list()
    assert corpus.examples["shape"].to_list() == [shape]
    assert list(corpus.turns.select("role", "content").iter_rows()) == turns


def test_files_may_mix_shapes_and_every_row_is_read_by_itself(corpus_of):
    corpus = corpus_of(
        [
            {"messages": [{"role": U, "content": "q"}]},
            {"instruction": "i", "output": "o"},
            {"nothing": 1},
            {"messages": [{"role": U, "content": "q"}]},
        ]
    )
    assert corpus.examples["row"].to_list() == [1, 2, 4]
    assert corpus.examples["example"].to_list() == [0, 1, 2]
    assert corpus.unreadable["row"].to_list() == [3]
    assert corpus.rows == 4


def test_every_path_of_a_tree_is_an_example_where_the_recipe_wants_it(corpus_of):
    tree = {"prompt": {"role": "prompter", "text": "q", "replies": [
        {"role": "assistant", "text": "a", "replies": [{"role": "prompter", "text": "why", "replies": []}]},
        {"role": "assistant", "text": "b", "replies": []}]}}  # fmt: skip
    corpus = corpus_of([tree], trees="paths")
    said = corpus.turns.group_by("example", maintain_order=True).agg("content")["content"].to_list()
    assert said == [["q", "a", "why"], ["q", "b"]]
    assert corpus.examples["row"].to_list() == [1, 1]


def test_fields_that_no_column_holds_stay_in_extra(corpus_of):
    corpus = corpus_of(
        [
            {
                "messages": [{"role": U, "content": "q", "at": "noon"}, {"role": A, "content": "a"}],
                "id": 7,
                "n": None,
            }
        ]
    )
    assert json.loads(corpus.examples["extra"][0]) == {"id": 7, "_turns": {"0": {"at": "noon"}}}


@pytest.mark.parametrize(
    "record, note",
    [
        ({"instruction": "i", "output": "o", "response": "r"}, '"output" was read as the completion, not "response"'),
        ({"prompt": "p", "question": "q", "answer": "a"}, '"prompt" was read as the prompt, not "question"'),
        ({"system": "x", "messages": [{"role": S, "content": "y"}, {"role": U, "content": "q"}]},
         'the first message was read as the system prompt, not "system"'),
    ],
)  # fmt: skip
def test_competing_fields_are_noted_and_none_is_lost(corpus_of, record, note):
    corpus = corpus_of([record])
    assert ("competing_fields", note) in list(corpus.notes.select("kind", "message").iter_rows())
    assert json.loads(corpus.examples["extra"][0]).keys() & record.keys()


@pytest.mark.parametrize(
    "record",
    [
        {"instruction": "i", "output": "o", "response": "o"},
        {"instruction": "i", "output": "o", "response": ""},
        {"instruction": "i", "output": "o", "text": "### Instruction: i ### Response: o"},
    ],
)
def test_fields_that_agree_do_not_compete(corpus_of, record):
    assert corpus_of([record]).notes.is_empty()


@pytest.mark.parametrize(
    "record, columns, turns",
    [
        ({"frage": "q", "antwort": "a"}, {"frage": "prompt", "antwort": "completion"}, [(U, "q"), (A, "a")]),
        ({"frage": "q", "antwort": "a"}, {"frage": "user", "antwort": "assistant"}, [(U, "q"), (A, "a")]),
        ({"turn_list": [["user", "q"]]}, {"turn_list": "messages"}, [(U, "q")]),
        ({"prompt": "no", "real": "q", "output": "a"}, {"real": "prompt"}, [(U, "q"), (A, "a")]),
    ],
)
def test_the_recipe_names_columns_and_outranks_what_they_are_called(turns_of, record, columns, turns):
    assert turns_of(record, columns=columns) == turns


def test_the_recipe_names_roles_and_outranks_what_is_known(turns_of):
    chat = {"messages": [{"role": "bot", "content": "b"}, {"role": "lehrer", "content": "l"}]}
    assert turns_of(chat, roles={"bot": "user", "lehrer": "assistant"}) == [(U, "b"), (A, "l")]


@pytest.mark.parametrize(
    "record, error, hint",
    [
        ({"promt": "p", "completion_": "c"}, "no known shape; its fields are promt, completion_",
         "If that is what it looks like, say so in the recipe:  "
         'columns = { promt = "prompt", completion_ = "completion" }'),
        ({"verlauf": [{"role": "user", "content": "q"}]}, "no known shape; its fields are verlauf",
         'If that is what it looks like, say so in the recipe:  columns = { verlauf = "messages" }'),
        ({"a b": "text", "n": 1}, "no known shape; its fields are a b, n",
         'If all of it is to be trained, as it is, say so in the recipe:  columns = { "a b" = "text" }'),
        ({}, "the record is an empty object", "Nothing can be learned from it."),
        ({"messages": []}, '"messages" is an empty list', "A conversation needs at least one message."),
        ({"role": "user", "content": "q"}, "the record is a single message; expected a whole conversation", None),
        ({"input_ids": [1], "labels": [1]}, "the row is tokenised already", "Read the text that it was made from."),
        ({"a": {}, "b": {}}, "no known shape; its fields are a, b",
         "It holds no text that could be asked or answered. If it is no data, leave the file out."),
        ({"instruction": "i", "instances": [{}, {}]}, "2 instances in one row", "Write a row for each instance."),
        ({"instruction": "i", "history": ["a"], "output": "o"},
         "entry 1 of history is text; expected a list of question and answer", None),
        ({"prompt": {"a": 1}, "completion": "c"}, '"prompt" is an object; expected text', "Write it as one text."),
        (5, "the record is a number; expected an object", "Write one JSON object per conversation."),
        (None, "the record is null; expected an object", None),
        ({"messages": "hello"}, "\"messages\" is text, but no JSON list: 'hello'", "Write it as a JSON list."),
    ],
)  # fmt: skip
def test_a_row_that_means_nothing_says_why_and_what_to_do(fault_of, record, error, hint):
    fault = fault_of([record])
    assert fault["error"].partition("; nearest is ")[0] == error
    assert json.loads(fault["raw"]) == record
    if hint is not None:
        assert fault["hint"] == hint


def test_the_hint_of_a_nearly_right_column_works(turns_of):
    assert turns_of({"promt": "p", "completion": "c"}, columns={"promt": "prompt"}) == [(U, "p"), (A, "c")]
