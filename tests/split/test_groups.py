import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.corpus import Corpus, chat
from finesift.findings import FINDINGS
from finesift.split.groups import group

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
    assert named(group(corpus.examples, corpus.turns, found)) == [{0, 2}, {1}]


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)))
def test_the_name_of_a_group_does_not_depend_on_order(order):
    chats = [chat("a", "1"), chat("a", "2"), chat("b", "1"), chat("b", "1"), chat("c", "1"), chat(LONG, "1")]
    corpus = Corpus.of([chats[n] for n in order])
    named_in_order = dict(
        zip(order, group(corpus.examples, corpus.turns, FINDINGS.to_frame())["group"], strict=True)
    )
    corpus = Corpus.of(chats)
    assert [named_in_order[n] for n in range(6)] == group(corpus.examples, corpus.turns, FINDINGS.to_frame())[
        "group"
    ].to_list()


def test_no_rows_make_no_groups():
    assert groups([]) == []


def groups(chats) -> list[set[int]]:
    corpus = Corpus.of(chats)
    return named(group(corpus.examples, corpus.turns, FINDINGS.to_frame()))


def named(frame: pl.DataFrame) -> list[set[int]]:
    members = frame.group_by("group", maintain_order=True).agg("example")["example"]
    return [set(rows) for rows in members.to_list()]
