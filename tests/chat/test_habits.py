"""A word of its own in every text of a conversation: what is trained of it says whose it was."""

import pytest
from tests.chat.habits import HABITS

from finesift.chat.marks import Marks
from finesift.chat.patch import patch
from finesift.chat.spans import Finder
from finesift.chat.template import Template
from finesift.chat.trace import Tracer
from finesift.chat.trials import TRIALS
from finesift.errors import ModelError, RenderError

MARKS = Marks(["<|im_start|>", "<|im_end|>", "</s>"], ["<|im_end|>", "</s>"])
NAMED = ("lost_answer", "lost_reasoning", "lost_tool_calls", "mask_refused")


def finder_of(source):
    return Finder(Tracer(Template(source, tokens={"eos_token": "</s>"})), MARKS)


def worded(messages):
    """The conversation with words of its own in place of its texts, and the words of each message."""
    told, words = [], []
    for number, message in enumerate(messages):
        own = []

        def word(kind, number=number, own=own):
            own.append(f"Qz{number}{kind}x")
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
    for kind, (messages, tools) in TRIALS.items():
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


# What no block of the keyword can be put around, and why.
NOT_PATCHED = {
    "text that is built first": "no rule",
    "a loop that goes backwards": "no rule",
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
