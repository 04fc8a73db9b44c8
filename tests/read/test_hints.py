"""Hints say what columns are by what their names mean, and never have the losing side trained."""

import itertools

import pytest

from finesift.read.conversations.hints import columns_of, hint, slot_of
from finesift.read.fields import mappings

KNOT, BOWLINE, GRANNY = (
    "Name a knot that holds.",
    "Bowline, since it does not slip.",
    "Granny, which is good.",
)


@pytest.mark.parametrize(
    "record, columns",
    [
        ({"ask": KNOT, "winner": BOWLINE, "loser": GRANNY}, {"ask": "prompt", "winner": "chosen", "loser": "rejected"}),
        ({"human_text": KNOT, "bad_response": GRANNY, "good_response": BOWLINE},
         {"human_text": "prompt", "good_response": "chosen", "bad_response": "rejected"}),
        ({"user_prompt": KNOT, "model_response": BOWLINE}, {"user_prompt": "prompt", "model_response": "completion"}),
        ({"question_text": KNOT, "response_text": BOWLINE}, {"question_text": "prompt", "response_text": "completion"}),
        ({"inputs": KNOT, "targets": BOWLINE}, {"inputs": "prompt", "targets": "completion"}),
        ({"Frage": KNOT, "Antwort": BOWLINE}, {"Frage": "prompt", "Antwort": "completion"}),
        ({"q": KNOT, "a": BOWLINE}, {"q": "prompt", "a": "completion"}),
        ({"title": "Knots", "body": KNOT, "best_reply": BOWLINE},
         {"title": "prompt", "body": "context", "best_reply": "completion"}),
        ({"utterance": KNOT, "reply_text": BOWLINE, "persona": "Be brief."},
         {"utterance": "prompt", "reply_text": "completion", "persona": "system"}),
        ({"zadanie": KNOT, "output_text": BOWLINE}, {"zadanie": "prompt", "output_text": "completion"}),
        ({"customer": KNOT, "odpowiedz": BOWLINE}, {"customer": "prompt", "odpowiedz": "completion"}),
    ],
)  # fmt: skip
def test_columns_by_the_words_of_their_names(record, columns):
    assert columns_of(record) == columns
    assert columns_of(dict(reversed(record.items()))).keys() == columns.keys()


@pytest.mark.parametrize(
    "record",
    [
        {"response_a": BOWLINE, "response_b": GRANNY, "q": KNOT},
        {"request": KNOT, "rejected_text": GRANNY},
        {"review": KNOT, "sentiment": "good"},
        {"text_one": KNOT, "text_two": BOWLINE},
        {"output_1": BOWLINE, "output_2": GRANNY, "prompt_": KNOT, "preference": "1"},
    ],
)
def test_what_names_do_not_tell_is_left_to_a_person(record):
    assert columns_of(record) == {}
    assert "prompt = " not in hint(record)


@pytest.mark.parametrize("lost", ["loser", "bad_answer", "rejected_output", "worse", "response_rejected"])
@pytest.mark.parametrize(
    "others", [*itertools.combinations(["ask", "reply", "best", "note"], 2), ("ask",), ()]
)
def test_the_losing_side_is_never_an_answer_nor_a_prompt(lost, others):
    columns = columns_of({lost: GRANNY} | dict.fromkeys(others, BOWLINE))
    assert columns.get(lost, "rejected") == "rejected"


@pytest.mark.parametrize(
    "name", ["response", "Response Text", "model-output", "finalAnswer", "bot_reply", "target"]
)
def test_an_answer_is_never_the_prompt(name):
    assert slot_of(name) == "completion"
    assert columns_of({name: BOWLINE}) == {}
    assert columns_of({name: BOWLINE, "note": KNOT}) == {"note": "prompt", name: "completion"}


def test_a_row_without_an_answer_names_the_column_that_looks_like_it(corpus_of):
    corpus = corpus_of([{"prompt": KNOT, "bot_text": BOWLINE}])
    assert corpus.notes.select("kind", "message").rows() == [
        ("unanswered", 'columns = { bot_text = "completion" }')
    ]


@pytest.mark.parametrize(
    "record, nearest, columns",
    [
        ({"input": {"question_text": KNOT}, "result": {"reply": BOWLINE}}, "",
         {"input.question_text": "prompt", "result.reply": "completion"}),
        ({"payload": {"log": [{"role": "user", "content": KNOT}, {"role": "assistant", "content": BOWLINE}]}}, "",
         {"payload.log": "messages"}),
        ({"log": [{"who": "user", "words": KNOT}, {"who": "assistant", "words": BOWLINE}]}, "",
         {"log": "messages", "who": "role", "words": "content"}),
        ({"q": KNOT, "winner": BOWLINE, "loser": GRANNY}, "a preference pair", None),
        ({"my_prompt": KNOT, "winner": BOWLINE}, "a preference pair, which lacks the one that was not", None),
        ({"my_answer": BOWLINE}, "a prompt and its answer, which lacks what was asked", None),
    ],
)  # fmt: skip
def test_a_refusal_names_the_nearest_shape_and_the_line_that_reads_it(
    fault_of, corpus_of, record, nearest, columns
):
    fault = fault_of([record])
    assert fault["error"].partition("; nearest is ")[2] == nearest
    if columns is not None:
        assert mappings(columns) in fault["hint"]
        said = corpus_of([record], columns=columns).turns["content"].to_list()
        assert said == [KNOT, BOWLINE]


@pytest.mark.parametrize(
    "record, columns",
    [
        ({"prompt": KNOT, "response": {"text": BOWLINE, "tokens": 4}}, {"response.text": "completion"}),
        ({"prompt": KNOT, "chosen": {"said": BOWLINE}, "rejected": GRANNY}, None),
        ({"messages": [{"who": "user", "content": KNOT}, {"who": "assistant", "content": BOWLINE}]}, {"who": "role"}),
        (
            {"messages": [{"role": "user", "words": KNOT}, {"role": "assistant", "words": BOWLINE}]},
            {"words": "content"},
        ),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_says_which_field_within_it_may_be_meant(
    fault_of, corpus_of, record, columns
):
    hint = fault_of([record])["hint"]
    if columns is not None:
        assert mappings(columns) in hint
        assert corpus_of([record], columns=columns).turns["content"].to_list() == [KNOT, BOWLINE]
    assert hint


def test_a_production_log_is_never_called_a_file_about_data(fault_of):
    hint = fault_of([{"meta": {"id": "a1"}, "call": {"spoken": KNOT, "returned": BOWLINE}}])["hint"]
    assert "leave" not in hint.lower() and "call.spoken" in hint
