"""Nothing that is trained goes unread: a field is used, in any of its spellings, or named."""

import json

import pytest

from finesift.read.conversations.unread_fields import is_telling

ASKED = {"role": "user", "content": "Name a knot."}
SAID = {"role": "assistant", "content": "Bowline."}


def noted(corpus):
    return corpus.notes.filter(corpus.notes["kind"].is_in(["unread_field", "unread_label", "unread_flag"]))[
        "message"
    ].to_list()


def turns(corpus, *columns):
    return corpus.turns.select(*columns).rows()


@pytest.mark.parametrize(
    "name", ["label", "labels", "kto_tag", "desirable", "is_correct", "Is Correct", "feedback", "thumbs"]
)
@pytest.mark.parametrize(
    "value, wanted",
    [
        (True, True), (False, False), (1, True), (0, False), (0.0, False), (1.0, True), (-1, False), ("1", True),
        ("-1", False), ("good", True), ("Bad", False), ("thumbs_down", False), ("thumbs-up", True), ("👎", False),
        ("desirable", True), ("undesirable", False), ("False", False), ("rejected", False), ("no", False),
    ],
)  # fmt: skip
def test_a_label_in_any_spelling_says_whether_the_answer_was_wanted(corpus_of, name, value, wanted):
    corpus = corpus_of([{"prompt": "Name a knot.", "completion": "Bowline.", name: value}])
    assert corpus.examples.select("shape", "label").rows() == [("kto", wanted)]


@pytest.mark.parametrize("value", [7, 0.5, "meh", {"stars": 4}, [1, 0]])
def test_a_label_that_is_neither_is_named(corpus_of, value):
    corpus = corpus_of([{"prompt": "Name a knot.", "completion": "Bowline.", "label": value}])
    assert len(noted(corpus)) == 1 and corpus.examples["label"].is_null().all()


@pytest.mark.parametrize(
    "field",
    [
        {"train": False}, {"training": 0}, {"trainable": "false"}, {"loss": False}, {"loss_mask": 0}, {"masked": True},
        {"mask": 1}, {"weight": "0"}, {"weight": 0.0}, {"loss_weight": 0}, {"lossMask": "0.0"},
    ],
)  # fmt: skip
def test_a_message_that_is_not_to_be_trained_is_not(corpus_of, field):
    corpus = corpus_of([{"messages": [ASKED, {**SAID, **field}, ASKED, SAID]}])
    assert corpus.turns["train"].to_list() == [None, False, None, None]


@pytest.mark.parametrize(
    "fields, train",
    [
        ({"loss_mask": [0, 0, 0, 1]}, [None, False, None, True]),
        ({"train": [False, True]}, [None, False, None, True]),
        ({"mask": ["assistant"]}, [None, False, None, False]),
        ({"mask": "User"}, [False, None, False, None]),
        ({"weight": 0}, [None, False, None, False]),
        ({"training": "true"}, [None, None, None, None]),
    ],
)
def test_a_row_may_say_it_for_its_messages(corpus_of, fields, train):
    corpus = corpus_of([{"messages": [ASKED, SAID, ASKED, SAID], **fields}])
    assert corpus.turns["train"].to_list() == train
    assert noted(corpus) == []


@pytest.mark.parametrize(
    "fields",
    [{"train_detail": [{"begin": 0, "train": False}]}, {"loss_mask": [1, 0, 1, 1, 0]}, {"mask": "stars"}],
)
def test_what_is_not_understood_of_it_is_named(corpus_of, fields):
    row = (
        {"messages": [ASKED, {**SAID, **fields}]}
        if "train_detail" in fields
        else {"messages": [ASKED, SAID], **fields}
    )
    assert len(noted(corpus_of([row]))) == 1


@pytest.mark.parametrize(
    "name", ["system", "systemInstruction", "system_instruction", "systemPrompt", "instructions", "preamble"]
)
@pytest.mark.parametrize(
    "value",
    ["Be brief.", {"parts": [{"text": "Be brief."}]}, {"role": "system", "content": "Be brief."}, [{"type": "text", "text": "Be brief."}]],
    ids=["text", "parts", "message", "list"],
)  # fmt: skip
def test_a_system_prompt_is_read_in_any_place_and_type(corpus_of, name, value):
    corpus = corpus_of([{name: value, "messages": [ASKED, SAID]}])
    assert turns(corpus, "role", "content")[0] == ("system", "Be brief.")


@pytest.mark.parametrize(
    "row, tools",
    [
        ({"messages": [{"role": "system", "content": "Hi", "tools": [{"name": "f"}]}, ASKED, SAID]}, [{"name": "f"}]),
        ({"messages": [ASKED, SAID], "tools": [None, {"name": "f"}]}, [{"name": "f"}]),
        ({"messages": [ASKED, SAID], "tools": ['{"name": "f"}']}, [{"name": "f"}]),
        ({"messages": [ASKED, SAID], "tools": [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]}, [{"name": "f"}, {"name": "g"}]),
        ({"messages": [ASKED, SAID], "available_tools": [{"name": "f"}]}, [{"name": "f"}]),
    ],
)  # fmt: skip
def test_tools_are_read_wherever_they_stand(corpus_of, row, tools):
    corpus = corpus_of([row])
    assert json.loads(corpus.examples["tools"][0]) == tools
    assert noted(corpus) == []


@pytest.mark.parametrize("tools", [["def tide(port: str): ..."], "search, calculator", [3]])
def test_tools_that_are_no_schemas_are_named(corpus_of, tools):
    assert len(noted(corpus_of([{"messages": [ASKED, SAID], "tools": tools}]))) == 1


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [ASKED, SAID], "rejected_response": "A gull."},
        {
            "messages": [ASKED, SAID],
            "rejected_messages": [ASKED, {"role": "assistant", "content": "A gull."}],
        },
        {"prompt": "Name a knot.", "response": "Bowline.", "rejected": "A gull."},
        {"input": "Name a knot.", "chosen": "Bowline.", "rejected": "A gull."},
        {"text": "Name a knot.", "chosen": "Bowline.", "rejected": ["A gull."]},
        {"prompt": json.dumps([ASKED]), "chosen": json.dumps([SAID]), "rejected": "A gull."},
    ],
)
def test_a_pair_is_a_pair_whatever_its_fields_are_called(corpus_of, row):
    corpus = corpus_of([row])
    assert turns(corpus, "part", "role", "content") == [
        ("messages", "user", "Name a knot."),
        ("chosen", "assistant", "Bowline."),
        ("rejected", "assistant", "A gull."),
    ]


def test_half_of_a_pair_is_named(corpus_of):
    corpus = corpus_of(
        [{"prompt": "Name a knot.", "chosen": "Bowline."}, {"prompt": "Name a knot.", "rejected": "A gull."}]
    )
    assert corpus.notes["kind"].to_list() == ["competing_fields", "unread_field"]


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Which is a knot?", "choices": ["gull", "bowline"], "answer": 1},
        {"question": "Which is a knot?", "options": {"A": "gull", "B": "bowline"}, "answer": "B"},
        {
            "question": "Which is a knot?",
            "choices": {"text": ["gull", "bowline"], "label": ["A", "B"]},
            "answerKey": "B",
        },
        {"question": "Which is a knot?", "A": "gull", "B": "bowline", "answer": "(b)"},
        {"question": "Which is a knot?", "option_a": "gull", "option_b": "bowline", "answer": "bowline"},
        {"question": "Which is a knot?", "choice1": "gull", "choice2": "bowline", "label": "1"},
    ],
)
def test_options_are_shown_and_the_answer_is_in_words(corpus_of, row):
    corpus = corpus_of([row])
    assert corpus.turns["content"].to_list() == ["Which is a knot?\nA. gull\nB. bowline", "B. bowline"]


def test_options_without_an_answer_among_them_are_named(corpus_of):
    assert noted(corpus_of([{"question": "Which?", "choices": ["gull", "tern"], "answer": "None of them."}]))


@pytest.mark.parametrize(
    "name", ["reasoning", "thinking", "reasoning_content", "deepseek_reasoning", "Complex_CoT"]
)
def test_a_column_of_reasoning_belongs_to_the_answer(corpus_of, name):
    corpus = corpus_of([{"prompt": "Is 91 prime?", name: "7 times 13.", "completion": "No."}])
    assert turns(corpus, "content", "reasoning") == [("Is 91 prime?", None), ("No.", "7 times 13.")]


@pytest.mark.parametrize("nothing", ["nan", "NaN", "None", "null", "<NA>"])
def test_what_a_data_frame_writes_for_nothing_is_left_out_and_named(corpus_of, nothing):
    corpus = corpus_of([{"instruction": "Name a knot.", "input": nothing, "output": "Bowline."}])
    assert corpus.turns["content"].to_list() == ["Name a knot.", "Bowline."]
    assert len(noted(corpus)) == 1


@pytest.mark.parametrize("name", ["shown_choices", "steps", "completions", "tool_schema_list", "origPrompt"])
def test_other_fields_whose_names_say_so_are_named(corpus_of, name):
    assert len(noted(corpus_of([{"messages": [ASKED, SAID], name: ["x.jpg"]}]))) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "forum"}, {"prompt_id": "p-1"}, {"output_tokens": 7}, {"model": "m"}, {"category": "knots"}, {"images": []},
        {"has_answer": True}, {"instruction_type": "open"}, {"label": None}, {"tool_choice": "auto"}, {"prompt": "Name a knot."},
        {"system_fingerprint": "fp_1"}, {"answer_score": 0.7}, {"rejected_model": "m"},
    ],
)  # fmt: skip
def test_fields_about_a_row_are_not(corpus_of, fields):
    assert noted(corpus_of([{"messages": [ASKED, SAID], **fields}])) == []


@pytest.mark.parametrize(
    "name, value, telling",
    [
        ("loss", 0.3, True),
        ("answers", ["x"], True),
        ("answers", 3, False),
        ("", "x", False),
        ("_", "x", False),
    ],
)
def test_a_name_tells_by_its_words(name, value, telling):
    assert is_telling(name, value) is telling
