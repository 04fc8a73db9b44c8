from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.corpus import Corpus, chat
from finesift.errors import RecipeError
from finesift.findings import FINDINGS
from finesift.recipe import Split
from finesift.split.groups import group
from finesift.tables import NEAR

LONG = "Where can I see what my order number 7 costs?"


def test_rows_with_the_same_prompt_belong_together():
    assert groups([chat("Hi", "Hello"), chat("hi!", "Go away"), chat("Bye", "Bye")]) == [{0, 1}, {2}]


def test_conversations_that_open_alike_belong_together():
    assert groups([chat(LONG, "Here."), chat(LONG, "Here.", "Thanks", "Welcome")]) == [{0, 1}]


def test_a_short_greeting_holds_nothing_together():
    assert groups([chat("Hi", "Hello", "A?", "a"), chat("Hi", "Hello", "B?", "b")]) == [{0}, {1}]


def test_rows_that_a_finding_links_belong_together():
    corpus = Corpus.of([chat("a", "1"), chat("b", "2"), chat("c", "3")])
    found = pl.DataFrame(
        [{"example": 2, "check": "near", "score": 0.5, "other": corpus.examples["id"][0]}], schema=FINDINGS
    )
    assert named(group(corpus, found, Split())) == [{0, 2}, {1}]


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)))
def test_the_name_of_a_group_does_not_depend_on_order(order):
    chats = [chat("a", "1"), chat("a", "2"), chat("b", "1"), chat("b", "1"), chat("c", "1"), chat(LONG, "1")]
    corpus = Corpus.of([chats[n] for n in order])
    named_in_order = dict(zip(order, group(corpus, FINDINGS.to_frame(), Split())["group"], strict=True))
    corpus = Corpus.of(chats)
    assert [named_in_order[n] for n in range(6)] == group(corpus, FINDINGS.to_frame(), Split())[
        "group"
    ].to_list()


def test_no_rows_make_no_groups():
    assert groups([]) == []


def origin(**extra):
    """A row like no other but for where it came from."""
    global _asked
    _asked += 1
    return chat(f"{_asked}?", f"{_asked}") | {"extra": extra}


_asked = 0


@pytest.mark.parametrize(
    "extras, expected",
    [
        ([{"id": "abc_0"}, {"id": "abc_1"}, {"id": "abd_0"}], [{0, 1}, {2}]),
        ([{"id": "abc"}, {"id": "abc-1"}], [{0, 1}]),
        ([{"id": "ticket-1"}, {"id": "ticket-2"}], [{0}, {1}]),
        ([{"id": "abc_9_0"}, {"id": "abc_9_1"}, {"id": "abc_8_0"}], [{0, 1}, {2}]),
        ([{"conversation_id": "x"}, {"conversation_id": "x"}, {"conversation_id": None}], [{0, 1}, {2}]),
        ([{"id": 7}, {"parent_id": 7}, {"parent_id": 8}, {"id": None}], [{0, 1}, {2}, {3}]),
        ([{"parent_id": "x"}, {"parent_id": "x"}], [{0, 1}]),
        ([{"doc_id": "x"}, {"thread_id": "x"}], [{0}, {1}]),
        ([{"id": "flan"} for _ in range(51)], [{n} for n in range(51)]),
        ([{"id": f"flan_{n}"} for n in range(51)], [{n} for n in range(51)]),
    ],
)
def test_rows_of_one_conversation_document_or_parent_belong_together(extras, expected):
    assert groups([origin(**extra) for extra in extras]) == expected


def test_a_parent_is_known_by_the_id_that_we_gave_it():
    parent = origin()
    own = Corpus.of([parent]).examples["id"][0]
    assert groups([parent, origin(parent_id=own)]) == [{0, 1}]


def test_a_column_that_the_recipe_names_holds_rows_together():
    chats = [origin(customer="a"), origin(customer="b"), origin(customer="a")]
    assert groups(chats, group_by=["customer"]) == [{0, 2}, {1}]
    assert groups(chats, group_by=["source"]) == [{0, 1, 2}]
    with pytest.raises(RecipeError, match="'client', which no row has"):
        groups(chats, group_by=["client"])


@pytest.mark.parametrize(
    "whole, prompt, answer, together",
    [(0.5, 0, 0, True), (0.4, 0.7, 0, True), (0.4, 0.6, 0, False), (0.4, 0, 1, False)],
)
def test_near_rows_belong_together_unless_only_their_answers_are_alike(whole, prompt, answer, together):
    near = pl.DataFrame(
        [{"example": 0, "other": 1, "whole": whole, "prompt": prompt, "answer": answer}], schema=NEAR
    )
    corpus = Corpus.of([origin(), origin()])
    found = pl.DataFrame(
        [{"example": 1, "check": "near_answer", "score": 0.9, "other": corpus.examples["id"][0]}],
        schema=FINDINGS,
    )
    named_groups = group(replace(corpus, near=near), found, Split())["group"]
    assert (named_groups.n_unique() == 1) == together


def groups(chats, **settings) -> list[set[int]]:
    return named(group(Corpus.of(chats), FINDINGS.to_frame(), Split(**settings)))


def named(frame: pl.DataFrame) -> list[set[int]]:
    members = frame.group_by("group", maintain_order=True).agg("example")["example"]
    return [set(rows) for rows in members.to_list()]
