import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.corpus import Corpus, chat, pair
from finesift.ids import content_id
from finesift.views import normal, prompts


@pytest.mark.parametrize(
    "text, same",
    [
        ("Yes!", "yes"),
        ("Name a  prime.\n", "name a prime"),
        ("“Quoted” – and dashed", '"quoted" - and dashed'),
        ("ﬁne ①", "fine 1"),
        ("naïve café", "naïve café"),
        ("Wait … what?", "wait … what"),
    ],
)
def test_normal_leaves_out_case_spacing_and_sentence_punctuation(text, same):
    assert _normal(text) == _normal(same)


@pytest.mark.parametrize(
    "one, other",
    [
        ("1.022 MeV", "1.032 MeV"),
        ("x != y", "x == y"),
        ("3.5", "35"),
        ("-5", "5"),
        ("3*4", "3/4"),
        ("can", "can't"),
        ("5 > 3", "5 < 3"),
        ("a_b", "a b"),
    ],
)
def test_normal_keeps_numbers_operators_and_signs(one, other):
    assert _normal(one) != _normal(other)


@given(st.text())
def test_space_around_a_text_never_counts(text):
    assert _normal(f" {text}\n") == _normal(text)


def test_an_id_depends_on_content_alone():
    one = Corpus.of([chat("a", "b"), chat("c", "d")]).examples["id"]
    other = Corpus.of([chat("c", "d"), chat("x", "y"), chat("a", "b")]).examples["id"]
    assert one[0] == other[2]
    assert one[1] == other[0]


def test_identical_rows_are_told_apart_by_a_suffix():
    ids = Corpus.of([chat("a", "b")] * 3).examples["id"].to_list()
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]
    assert pl.DataFrame({"id": ids}).select(content_id()).to_series().n_unique() == 1


@pytest.mark.parametrize(
    "other",
    [
        chat("a", "b "),
        chat("a", "b", system=""),
        chat("a", "b", tools=[{"name": "f"}]),
        chat("a", "b") | {"label": True},
        chat("a", {"role": "assistant", "content": "b", "reasoning": "r"}),
        chat("a", {"role": "assistant", "content": None}),
        chat("a\x1fb", ""),
        pair("a", "b", "c"),
    ],
)
def test_any_difference_in_content_makes_another_id(other):
    ids = Corpus.of([chat("a", "b"), other]).examples["id"]
    assert ids[0] != ids[1]


def test_batches_are_whole_examples_and_add_up():
    corpus = Corpus.of([chat(*["x"] * (2 + n % 5)) for n in range(23)])
    batches = list(corpus.batches(rows=5))
    assert [b.examples.height for b in batches] == [5, 5, 5, 5, 3]
    assert pl.concat([b.turns for b in batches]).equals(corpus.turns)
    for batch in batches:
        assert set(batch.turns["example"]) == set(batch.examples["example"]) == set(batch.rendered["example"])


def test_an_example_without_messages_still_has_an_id():
    corpus = Corpus.of([{"messages": []}, chat("a", "b")])
    assert corpus.examples["id"].null_count() == 0
    assert corpus.examples["id"].n_unique() == 2


def test_prompts_are_equal_when_everything_before_the_last_answer_is():
    corpus = Corpus.of(
        [
            chat("Hi", "Hello", "Bye?", "Bye", system="Be kind."),
            chat("hi!", "hello", "Bye", "No", system="Be kind."),
            chat("Hi", "Hello", "Bye?", "Bye"),
            chat("Hi"),
            pair("Hi", "a", "b"),
        ]
    )
    found = prompts(corpus.turns.lazy()).collect()
    assert found["example"].to_list() == [0, 1, 2]
    assert found["answer"].to_list() == ["Bye", "No", "Bye"]
    assert found["prompt"][0] == found["prompt"][1] != found["prompt"][2]


def _normal(text: str) -> str:
    return pl.DataFrame({"content": [text]}).select(normal()).item()
