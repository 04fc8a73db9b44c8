"""A word of its own in every text of a conversation: what is trained of it says whose it was."""

import pytest
from tests.chat.habits import HABITS

from finesift.chat.marks import Marks
from finesift.chat.patch import patch
from finesift.chat.spans import Finder
from finesift.chat.template import Template
from finesift.chat.trace import Tracer
from finesift.chat.trials import TOOLS, TRIALS, calls, returned, said
from finesift.errors import ModelError, RenderError

MARKS = Marks(["<|im_start|>", "<|im_end|>", "</s>"], ["<|im_end|>", "</s>"])
ASK, ANSWER = said("user", "c"), said("assistant", "d")
CALL = said("assistant", "w", reasoning_content="r", tool_calls=calls("x"))
ODD = {
    "two systems": ([said("system", "a"), said("system", "b"), ASK, ANSWER], None),
    "a system in the middle": ([said("system", "a"), ASK, ANSWER, said("system", "b"), ASK, ANSWER], None),
    "a system before the answer": ([ASK, said("system", "b"), ANSWER], None),
    "a system last": ([ASK, ANSWER, said("system", "b")], None),
    "two answers": ([ASK, ANSWER, ANSWER], None),
    "two answers, then more": ([ASK, ANSWER, ANSWER, ASK, ANSWER], None),
    "an answer alone": ([ANSWER], None),
    "a system and an answer": ([said("system", "a"), ANSWER], None),
    "a result without a call": ([ASK, returned("x"), ANSWER], TOOLS),
    "a result last": ([ASK, CALL, returned("x")], TOOLS),
    "a result, then a question": ([ASK, CALL, returned("x"), ASK, ANSWER], TOOLS),
    "two calls, one result": (
        [ASK, said("assistant", "w", tool_calls=calls("x", "y")), returned("x"), ANSWER],
        TOOLS,
    ),
    "results out of order": (
        [ASK, said("assistant", "", tool_calls=calls("x", "y")), returned("x", 1), returned("y"), ANSWER],
        TOOLS,
    ),
    "reasoning alone": ([ASK, said("assistant", "", reasoning_content="r"), ASK, ANSWER], None),
    "forty turns": ([ASK, ANSWER] * 40, None),
    "reasoning, call, result, twice": (
        [ASK, CALL, returned("x"), CALL, returned("x"), CALL, ASK, ANSWER],
        TOOLS,
    ),
}
NAMED = ("lost_answer", "lost_reasoning", "lost_tool_calls", "mask_refused")


def finder_of(source):
    return Finder(Tracer(Template(source, tokens={"eos_token": "</s>"})), MARKS)


def worded(messages, *, echo=False):
    """The conversation with words of its own in place of its texts, and the words of each message.

    echo: with one word everywhere, as long as these.
    """
    told, words = [], []
    for number, message in enumerate(messages):
        own = []

        def word(kind, number=number, own=own):
            own.append("Qz99ccx" if echo else f"Qz{number:02}{kind:c>2}x")
            return own[-1]

        message = dict(message)
        if isinstance(message.get("content"), str) and message["content"].strip():
            message["content"] = word("c")
        if "reasoning_content" in message:
            message["reasoning_content"] = word("r")
        if message.get("tool_calls"):
            message["tool_calls"] = [
                {**call, "function": {"name": "look", "arguments": {"at": word(f"a{n}")}}}
                for n, call in enumerate(message["tool_calls"])
            ]
        told.append(message)
        words.append(own)
    return told, words


@pytest.mark.parametrize("habit", HABITS)
def test_nobody_elses_word_is_trained_and_no_answers_word_is_left_out_unsaid(habit):
    finder, tried = finder_of(HABITS[habit]), 0
    for kind, (messages, tools) in (TRIALS | ODD).items():
        messages, words = worded(messages)
        try:
            found = finder.find(messages, tools)
        except RenderError:
            continue
        tried += 1
        trained = {span.turn: span.text(found.text) for span in found.spans}
        said = {problem.turn for problem in found.problems if problem.name in NAMED}
        for turn, (message, own) in enumerate(zip(messages, words, strict=True)):
            if message["role"] == "assistant":
                assert turn in said or all(word in trained.get(turn, "") for word in own), (kind, turn, found)
            else:
                assert not any(word in text for word in own for text in trained.values()), (kind, turn, found)
    assert tried >= 15


@pytest.mark.parametrize("habit", sorted(HABITS.keys() - {"a window of four"}))
def test_what_is_trained_is_a_matter_of_places_not_of_words(habit):
    """The same places where every message says the same, as where each has words of its own.

    But of what a template leaves out, and what stays says the same, nobody can tell which of them it was.
    """
    finder = finder_of(HABITS[habit])
    for kind, (messages, tools) in (TRIALS | ODD).items():
        try:
            one, other = (finder.find(worded(messages, echo=echo)[0], tools) for echo in (False, True))
        except RenderError:
            continue
        places = [[(span.turn, *span.pieces()) for span in found.spans] for found in (one, other)]
        assert len(one.text) == len(other.text)
        assert places[0] == places[1], (kind, one, other)


def test_a_stop_within_an_answer_is_said():
    finder = finder_of(HABITS["a channel in the header"])
    messages, tools = TRIALS["reasoning and a call"]
    found = finder.find(messages, tools)
    assert {problem.turn for problem in found.problems if problem.name == "stops_early"} == {1, 3}
    assert not [problem for problem in finder.find(*TRIALS["call"]).problems if problem.name == "stops_early"]


def test_a_later_system_message_that_says_what_an_answer_says_takes_nothing_from_it():
    """DeepSeek's habit: the last system message stands before everything else."""
    finder = finder_of(HABITS["the last system message alone"])
    found = finder.find([ASK, said("assistant", "Be brief."), said("system", "Be brief.")])
    assert [span.text(found.text) for span in found.spans] == ["Be brief.<|im_end|>"]


# What no block of the keyword can be put around, and why.
NOT_PATCHED = {
    "text that is built first": "no rule",
    "a loop that goes backwards": "no rule",
    "turns put together first": "no rule",
    "a list that is joined": "no rule",
    "a macro that is called with a block": "is left out",
}


@pytest.mark.parametrize("habit", HABITS)
def test_habits_are_patched_or_refused_with_the_reason(habit):
    finder = finder_of(HABITS[habit])
    if habit in NOT_PATCHED:
        with pytest.raises(ModelError, match=NOT_PATCHED[habit]):
            patch(finder.template, finder)
    else:
        assert patch(finder.template, finder).tried >= 10
