"""JSON files that are one object, and texts within rows that hold data themselves."""

import json

import pytest

from finesift.read import read

HALF = "half of a surrogate pair is escaped in a text, so a character is cut in two"


def test_half_a_character_costs_its_row_and_not_the_file(tmp_path):
    path = tmp_path / "wrapped.json"
    rows = [{"prompt": text, "completion": "b"} for text in ("a", "\ud83d", "c")]
    path.write_text(json.dumps({"version": 1, "data": rows}))
    corpus = read([path])
    assert corpus.examples["row"].to_list() == [1, 3]
    assert corpus.unreadable["row"].to_list() == [2]
    assert HALF in corpus.unreadable["error"][0]
    assert b"\\ud83d" in corpus.unreadable["raw"][0]


@pytest.mark.parametrize("number", [1, 10**30], ids=["quick", "exact"])
@pytest.mark.parametrize(
    "said",
    [
        r'[{"from": "human", "value": "\ud83d"}]',
        r"[{'from': 'human', 'value': '\ud83d'}]",
        "[{'from': 'human', 'value': 'q', 'n': {1, 2}}]",
        "[{'from': 'human', 'value': 'q', 'n': b'bytes'}]",
        "[{'from': 'human', 'value': 'q', 'n': 1e999}]",
        "[{'from': 'human', 'value': 'q', (1, 2): 3}]",
        "[{'from': 'human', 'value': 'q', 'n': 1j}]",
    ],
)
def test_a_list_as_text_that_no_json_can_hold_is_refused(tmp_path, said, number):
    path = tmp_path / "text.jsonl"
    path.write_text(json.dumps({"conversations": said, "n": number}) + "\n")
    assert read([path]).unreadable["row"].to_list() == [1]


def test_a_list_as_text_in_pythons_notation_is_the_list(tmp_path):
    path = tmp_path / "text.jsonl"
    said = "[{'from': 'human', 'value': 'q', 'n': (1, None, 2.0)}, {'from': 'gpt', 'value': 'a'}]"
    path.write_text(json.dumps({"conversations": said}) + "\n")
    corpus = read([path])
    assert corpus.turns["content"].to_list() == ["q", "a"]
    assert corpus.examples["extra"].to_list() == ['{"_turns":{"0":{"n":[1,null,2.0]}}}']
