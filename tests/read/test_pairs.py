"""Preference pairs: a shared beginning and two ends, however they are written."""

import json

import pytest

U, A, S = "user", "assistant", "system"


def said(*texts):
    return [{"role": (U, A)[number % 2], "content": text} for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    "record, shared, chosen, rejected",
    [
        ({"prompt": "p", "chosen": "c", "rejected": "r"}, [(U, "p")], [(A, "c")], [(A, "r")]),
        ({"question": "q", "system": "s", "chosen": "c", "rejected": "r"}, [(S, "s"), (U, "q")], [(A, "c")],
         [(A, "r")]),
        ({"instruction": "i", "input": "x", "chosen": "c", "rejected": "r"}, [(U, "i\nx")], [(A, "c")], [(A, "r")]),
        ({"prompt": said("p"), "chosen": [{"role": A, "content": "c"}], "rejected": [{"role": A, "content": "r"}]},
         [(U, "p")], [(A, "c")], [(A, "r")]),
        ({"chosen": said("p", "c"), "rejected": said("p", "r")}, [(U, "p")], [(A, "c")], [(A, "r")]),
        ({"prompt": "p", "chosen": said("p", "c"), "rejected": said("p", "r")}, [(U, "p")], [(A, "c")], [(A, "r")]),
        ({"chosen": said("p", "x", "y", "c"), "rejected": said("p", "x", "z", "r")},
         [(U, "p"), (A, "x")], [(U, "y"), (A, "c")], [(U, "z"), (A, "r")]),
        ({"conversations": [{"from": "human", "value": "p"}], "chosen": {"from": "gpt", "value": "c"},
          "rejected": {"from": "gpt", "value": "r"}}, [(U, "p")], [(A, "c")], [(A, "r")]),
        ({"chosen_messages": said("p", "c"), "rejected_messages": said("p", "r")},
         [(U, "p")], [(A, "c")], [(A, "r")]),
        ({"input": {"messages": said("p"), "parallel_tool_calls": True},
          "preferred_output": [{"role": A, "content": "c"}], "non_preferred_output": [{"role": A, "content": "r"}]},
         [(U, "p")], [(A, "c")], [(A, "r")]),
        ({"chosen": "\n\nHuman: p\n\nAssistant: c", "rejected": "\n\nHuman: p\n\nAssistant: r"},
         [(U, "p")], [(A, "c")], [(A, "r")]),
        ({"prompt": "\n\nHuman: p\n\nAssistant:", "chosen": " c", "rejected": " r"},
         [(U, "p")], [(A, " c")], [(A, " r")]),
        ({"chosen": said("p", "same"), "rejected": said("p", "same")}, [(U, "p")], [(A, "same")], [(A, "same")]),
    ],
)  # fmt: skip
def test_a_pair_shares_its_beginning_and_differs_in_its_ends(corpus_of, record, shared, chosen, rejected):
    corpus = corpus_of([record])
    assert corpus.unreadable.is_empty(), corpus.unreadable["error"].to_list()
    assert corpus.examples["shape"].to_list() == ["preference"]
    parts = {part: [] for part in ("messages", "chosen", "rejected")}
    for part, role, content in corpus.turns.select("part", "role", "content").iter_rows():
        parts[part].append((role, content))
    assert list(parts.values()) == [shared, chosen, rejected]
    assert corpus.turns["turn"].to_list() == list(range(corpus.turns.height))


def test_scores_of_a_pair_stay_in_extra(corpus_of):
    corpus = corpus_of([{"prompt": "p", "chosen": "c", "rejected": "r", "score_chosen": 8.5}])
    assert json.loads(corpus.examples["extra"][0]) == {"score_chosen": 8.5}


def test_a_prompt_that_the_conversations_repeat_is_not_kept_twice(corpus_of):
    corpus = corpus_of([{"prompt": "p", "chosen": said("p", "c"), "rejected": said("p", "r")}])
    assert corpus.examples["extra"][0] is None


def test_a_side_that_is_no_answer_says_so(fault_of):
    fault = fault_of([{"prompt": "p", "chosen": 5, "rejected": "r"}])
    assert fault["error"] == '"chosen" is a number; expected an answer or messages'


def test_a_message_within_a_side_is_named_with_the_side(fault_of):
    fault = fault_of([{"chosen": said("p", "c"), "rejected": [{"role": "elf", "content": "x"}]}])
    assert fault["error"].startswith('message 1 of "rejected" has role "elf"')
