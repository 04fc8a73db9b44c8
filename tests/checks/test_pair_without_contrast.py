"""Pairs whose sides say the same are found, however spelled; a difference in a digit or a sign is one."""

import pytest

from finesift.corpus import chat, pair

from .table import score


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [("The Loire.", "The Loire."), ("The Loire.\n", " The Loire."), ("", ""), ("Die Straße", "Die Straße"), ("长江。", "长江。\n"), ("```\nx = 1\n```", "```\nx = 1\n```"), ("x " * 500, "x " * 500)],
)  # fmt: skip
def test_equal_sides_are_set_aside(chosen, rejected):
    assert score("pair_without_contrast", pair("A river?", chosen, rejected)) == 1.0


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        ("The Loire.", "the loire"), ("The  Loire.\n", "The Loire."), ("LOIRE", "Loire"), ("Yes!", "Yes."), ("“Loire”", '"Loire"'), ("Loire, Seine", "Loire Seine"), ("a\n\nb", "a\nb"), ("def f():\n    return 1", "def f():\nreturn 1"), ("长江", "长江。"), ("ﬁne", "fine"),
        ("", "The Loire."), ("The Loire.", " "), ("The Loire.", "\u200b"), ("\n\n", "The Loire."),
    ],
)  # fmt: skip
def test_sides_that_differ_in_spelling_and_empty_sides_are_for_a_person(chosen, rejected):
    assert 0.5 <= score("pair_without_contrast", pair("A river?", chosen, rejected)) < 1.0


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        ("The Loire.", "The Alps."), ("1.5", "1.6"), ("1.5", "15"), ("-3", "3"), ("x == y", "x != y"), ("x < 3", "x > 3"), ("a+b", "a-b"), ("f(x)", "f[x]"), ("10 %", "10"), ("10 km", "10 m"), ("$5", "€5"), ("It is.", "It isn't."), ("can", "cannot"), ("do", "do not"), ("all but one", "all for one"), ("Yes.", "No."), ("Yes.", "Yes. It is."),
        ("The Loire", "The Loires"), ("colour", "color"), ("résumé", "resume"), ("schon", "schön"), ("Muße", "Muse"), ("él", "el"), ("大", "太"), ("长江", "長江"), ("は", "ば"), ("и", "й"), ("1. a\n2. b", "- a\n- b"), ("**Loire**", "Loire"), ("# Loire", "Loire"), ("`x`", "x"), ("{'a': 1}", '{"a": 2}'), ("a b", "b a"), ("A, B and C", "A, C and B"), ("I see Ana.", "Ana sees me."), ("Loire 😀", "Loire"), ("👍", "👎"), ("2024-01-02", "2024-02-01"), ("H2O", "H2O2"), ("x_1", "x1"), ("Loire (river)", "Loire"),
        ("The Loire. The Loire.", "The Loire."), ("I can't help with that.", "The Loire."),
    ],
)  # fmt: skip
def test_a_small_difference_is_a_contrast(chosen, rejected):
    assert score("pair_without_contrast", pair("A river?", chosen, rejected)) == 0


def test_calls_are_compared_as_well():
    def call(city):
        return {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": city}}]}

    asked = {"messages": [{"role": "user", "content": "Weather?"}]}
    assert score("pair_without_contrast", asked | {"chosen": [call("Gh")], "rejected": [call("Br")]}) == 0
    assert score("pair_without_contrast", asked | {"chosen": [call("Gh")], "rejected": [call("Gh")]}) == 1.0


def test_a_chat_is_no_pair():
    assert score("pair_without_contrast", chat("A river?", "The Loire.")) == 0
