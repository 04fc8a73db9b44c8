"""A number that all rows of a file share is a word on the file; everything else is about its row."""

from finesift.corpus import Corpus, chat
from finesift.registry import load_checks


def scores(rows):
    found = load_checks()["unread_field"](Corpus.of(rows).tables).collect()
    return [round(score, 2) for score in found.sort("example")["score"]]


def row(number, kind, value):
    note = {"kind": kind, "message": f'"loss_scale" was not used: {value}'}
    return chat(f"Name knot {number}.", "Bowline.") | {"notes": [note]}


def test_a_number_that_all_rows_share_is_for_the_report():
    assert scores([row(n, "unread_flag", 0.5) for n in range(20)]) == [0.3] * 20


def test_numbers_that_differ_and_few_rows_are_for_review():
    assert scores([row(n, "unread_flag", 0.5 + (n == 7)) for n in range(20)]) == [0.6] * 20
    assert scores([row(n, "unread_flag", 0.5) for n in range(19)]) == [0.6] * 19


def test_texts_and_lists_are_for_review_though_all_rows_share_them():
    assert scores([row(n, "unread_field", "a list") for n in range(20)]) == [0.6] * 20
