"""Two fields that claim to be the same thing and differ are found; those that agree, are empty or mean another thing pass."""

import json

import pytest

from finesift.read import read
from finesift.registry import load_checks

CHAT = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]


@pytest.fixture
def competes(tmp_path):
    def found(record, **options):
        path = tmp_path / "rows.jsonl"
        path.write_text(json.dumps(record) + "\n")
        corpus = read([path], **options)
        assert corpus.examples.height == 1
        return not load_checks()["competing_fields"](corpus.tables).collect().is_empty()

    return found


@pytest.mark.parametrize(
    "record",
    [
        {"instruction": "q", "output": "a", "response": "b"},
        {"prompt": "q", "question": "r", "answer": "a"},
        {"prompt": "q", "completion": "a", "output": "a", "answer": "b"},
        {"instruction": "q", "output": "a", "response": "A"},
        {"system": "x", "messages": [{"role": "system", "content": "y"}, *CHAT]},
        {"messages": CHAT, "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "b"}]},
        {"prompt": "q", "completion": "1.5", "response": "1.6"},
        {"instruction": "q", "output": "a", "system": "x", "system_prompt": "y"},
        {"question": "q", "answer": "yes", "solution": "no"},
    ],
)
def test_two_that_differ_are_found(competes, record):
    assert competes(record)


@pytest.mark.parametrize(
    "record",
    [
        # They agree, or one of them has nothing in it.
        {"instruction": "q", "output": "a", "response": "a"}, {"instruction": "q", "output": "a", "response": ""}, {"instruction": "q", "output": "", "response": "a"}, {"instruction": "q", "output": "a", "response": None}, {"instruction": "q", "output": "a", "response": "a\n"}, {"instruction": "q", "output": " a", "response": "a"}, {"prompt": "q", "question": "q", "answer": "a"},
        {"instruction": "q", "output": "a", "response": "  "}, {"prompt": "q", "instruction": "", "completion": "a"}, {"messages": CHAT, "conversations": []}, {"messages": CHAT, "conversations": None}, {"messages": CHAT, "system": ""}, {"messages": [{"role": "system", "content": "x"}, *CHAT], "system": "x"}, {"messages": CHAT, "system": "x"},
        # They mean different things.
        {"instruction": "q", "input": "c", "output": "a"}, {"instruction": "q", "context": "c", "output": "a"}, {"question": "q", "context": "c", "answer": "a"}, {"instruction": "q", "output": "a", "history": [["h", "i"]]}, {"system": "x", "instruction": "q", "output": "a"}, {"prompt": "q", "chosen": "a", "rejected": "b"}, {"prompt": "q", "completion": "a", "label": True},
        {"instruction": "q", "output": "a", "category": "x"}, {"instruction": "q", "output": "a", "category": "qa", "source": "b"}, {"question": "q", "answer": "a", "explanation": "b"}, {"question": "q", "answer": "a", "reasoning": "b"}, {"question": "q", "answer": "a", "rationale": "b"}, {"prompt": "q", "completion": "a", "model": "m"}, {"prompt": "q", "completion": "a", "reference": "b"}, {"prompt": "q", "completion": "a", "score": 0.5}, {"prompt": "q", "completion": "a", "id": 7}, {"prompt": "q", "completion": "a", "prompt_id": "r"},
        {"prompt": "q", "completion": "a", "output_tokens": 12}, {"prompt": "q", "completion": "a", "response_time": 3}, {"prompt": "q", "completion": "a", "question_type": "wh"}, {"prompt": "q", "completion": "a", "answer_start": 4}, {"instruction": "q", "output": "a", "system_fingerprint": "fp"}, {"prompt": "q", "completion": "a", "metadata": {"response": "b"}}, {"prompt": "q", "completion": "a", "meta": {"output": "b", "question": "r"}}, {"messages": CHAT, "prompt_length": 1}, {"messages": CHAT, "topic": "t"}, {"messages": CHAT, "tools": [{"name": "f"}]},
        {"question": "q", "answer": "a", "language": "en"}, {"question": "q", "answer": "a", "title": "t"}, {"question": "q", "answer": "a", "target": "b"}, {"question": "q", "answer": "a", "code": "x = 1"}, {"text": "t"}, {"text": "t", "url": "https://a.example"}, {"problem": "q", "solution": "a", "level": 3}, {"query": "q", "response": "a", "type": "gsm"},
    ],
)  # fmt: skip
def test_one_answer_to_one_question_passes(competes, record):
    assert not competes(record)


def test_what_the_recipe_names_competes_with_nothing(competes):
    record = {"instruction": "q", "output": "a", "response": "b"}
    assert not competes(record, columns={"response": "completion"})
