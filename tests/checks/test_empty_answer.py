"""An answer without a visible sign is found; one sign, or a call, is an answer."""

import pytest

from finesift.corpus import chat, pair

from .table import score


@pytest.mark.parametrize(
    "answer",
    ["", " ", "   ", "\n", "\n\n\n", "\t", "\r\n", "\u00a0", "\u2003", "\u3000", " \n \t ", "\u200b", "\ufeff", "\u200b\u200b \n", "\u2060", "\u200e", "\u00ad"],
)  # fmt: skip
def test_nothing_is_found(answer):
    assert score("empty_answer", "Name a prime.", answer) == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "7", "0", ".", "…", "-", "—", "?", "!", "_", "x", "No", "𝟕", "七", "はい", "네", "نعم", "ใช่", "😀", "👍🏽", "🏳️‍🌈", "✓", "→", "∅", "ε", "{}", "[]", '""', "''", "``", "```\n```", "<br>", "&nbsp;", "\\n", "null", "None", "N/A", "#", "*", "|", "°", "\u2800.", " 7 ", "\n7\n", "\u200b7", "a\u200db", "(silence)", "[no answer]", "<empty>", "0.0", "false",
    ],
)  # fmt: skip
def test_one_sign_is_an_answer(answer):
    assert score("empty_answer", "Say nothing, or nearly.", answer) == 0


def test_a_call_without_text_is_an_answer():
    call = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"function": {"name": "now", "arguments": "{}"}}],
    }
    assert score("empty_answer", chat("What time is it?", call)) == 0


def test_every_answer_counts_and_only_answers():
    assert score("empty_answer", chat("A prime?", "", "And another?", "11")) == 1.0
    assert score("empty_answer", chat("", "Pardon?")) == 0
    assert score("empty_answer", chat("A prime?", "7", system="")) == 0
    assert score("empty_answer", pair("A prime?", "7", "9")) == 0


@pytest.mark.parametrize(
    "answer", ["<nooutput>", "<No output>", "<noinput>", "<NoOutput>.", " <no_output> \n", "Nooutput"]
)
def test_a_generators_mark_for_nothing_is_nothing(answer):
    assert score("empty_answer", "Draw a house.", answer) == 1.0


@pytest.mark.parametrize(
    "asked, answer",
    [
        ("What does this program print?\npass", "No output."),
        ("Which tag marks an empty field, <nooutput> or <none>?", "<nooutput>"),
        ("Write an input for this command.", "<noinput>"),
        ("Draw a house.", "<nooutput> is all that I can give you."),
    ],
)
def test_a_word_for_nothing_may_be_the_answer(asked, answer):
    assert score("empty_answer", asked, answer) == 0
