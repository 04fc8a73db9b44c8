"""A message that says nothing is written so that it can be read again."""

import json

from finesift.pipeline import prep
from finesift.read import read
from finesift.recipe import Recipe


def test_a_result_that_is_null_is_read_again(tmp_path):
    call = {"id": "p1", "type": "function", "function": {"name": "ping", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Is it there?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": None, "tool_call_id": "p1"},
        {"role": "assistant", "content": "It answered nothing."},
    ]
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": messages}) + "\n")
    recipe = {
        "data": {"train": [str(tmp_path / "a.jsonl")]},
        "split": {"validation": 0, "test": 0},
        "model": {"count_tokens": False},
    }
    prep(Recipe.parse(recipe), tmp_path / "run")
    again = read([str(tmp_path / "run/train.jsonl")])
    assert again.unreadable.is_empty()
    assert again.turns["content"].to_list() == ["Is it there?", None, None, "It answered nothing."]
