import json

import orjson
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.corpus import Corpus, chat, pair
from finesift.findings import FINDINGS
from finesift.write.jsonl import reasoned_rows, training_rows, unreadable_rows

# Polars holds UTF-8, which has no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]))


def rows(chats) -> list[dict]:
    corpus = Corpus.of(chats)
    return [json.loads(line) for line in training_rows(corpus.examples, corpus.turns)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, texts, st.none() | texts), min_size=1, max_size=5))
def test_any_text_comes_out_as_it_went_in(said):
    chats = [chat(prompt, answer, system=system) for prompt, answer, system in said]
    assert [row["messages"] for row in rows(chats)] == [c["messages"] for c in chats]


def test_a_line_is_one_line():
    corpus = Corpus.of([chat("a\nb\r\n\u2028", "c\x00\x1f\x7f")])
    (line,) = training_rows(corpus.examples, corpus.turns)
    assert "\n" not in line
    assert json.loads(line)["messages"][0]["content"] == "a\nb\r\n\u2028"


def test_tool_calls_and_tools_go_out_as_they_came_in():
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1.0, "y": null}'}}
    tools = [
        {
            "type": "function",
            "function": {"name": "f", "parameters": {"x": {"type": "number", "default": 1.0}}},
        }
    ]
    conversation = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "content": "ok", "tool_call_id": "1", "name": "f"},
        {"role": "assistant", "content": "done", "train": False},
    ]
    (row,) = rows([{"messages": conversation, "tools": tools}])
    assert row["messages"] == conversation
    assert json.dumps(row["tools"]) == json.dumps(tools)


def test_reasoning_goes_out_under_the_name_that_templates_know():
    (row,) = rows([chat("q", {"role": "assistant", "content": "a", "reasoning": "because"})])
    assert row["messages"][1] == {"role": "assistant", "content": "a", "reasoning_content": "because"}


def test_a_pair_is_prompt_chosen_rejected():
    (row,) = rows([pair("q", "good", "bad")])
    assert list(row) == ["id", "prompt", "chosen", "rejected"]
    assert row["chosen"] == [{"role": "assistant", "content": "good"}]


def test_a_rated_answer_is_prompt_completion_label():
    row, other = rows([chat("q", "a") | {"label": False}, chat("q", "a")])
    assert row["prompt"] == [{"role": "user", "content": "q"}]
    assert row["completion"] == [{"role": "assistant", "content": "a"}]
    assert row["label"] is False
    assert "label" not in other
    assert "messages" in other


def test_plain_text_goes_out_as_text():
    corpus = Corpus.of([chat({"role": "assistant", "content": 'a "b"'})])
    examples = corpus.examples.with_columns(shape=pl.lit("text"))
    (line,) = training_rows(examples, corpus.turns)
    assert json.loads(line)["text"] == 'a "b"'


def test_fields_that_were_nothing_else_go_out_in_extra():
    corpus = Corpus.of([chat("a", "b"), chat("c", "d")])
    examples = corpus.examples.with_columns(extra=pl.Series(['{"lang":"de","n":1.0}', None]))
    first, second = training_rows(examples, corpus.turns)
    assert first.endswith('"extra":{"lang":"de","n":1.0}}')
    assert "extra" not in second


def test_no_rows_make_no_lines():
    corpus = Corpus.of([])
    assert training_rows(corpus.examples, corpus.turns).to_list() == []


def test_what_is_set_aside_keeps_its_original_to_the_letter():
    raw = b'{"b": 1.0,  "a": [1, 2]}'
    frame = pl.DataFrame(
        {
            "example": pl.Series([0, 1], dtype=pl.UInt32),
            "id": ["x", "y"],
            "source": ["f"] * 2,
            "row": [1, 2],
            "outcome": ["set_aside"] * 2,
            "check": ["c", None],
            "by": ["policy", "Ada"],
            "why": ["w"] * 2,
            "raw": [raw, b'{"n": NaN}'],
        }
    )
    found = pl.DataFrame([{"example": 0, "check": "c", "score": 1.0, "message": "m"}], schema=FINDINGS)
    first, second = reasoned_rows(frame, found)
    assert b'"original":' + raw in first
    assert orjson.loads(first)["findings"] == [{"check": "c", "score": 1.0, "message": "m"}]
    assert orjson.loads(second)["original_text"] == '{"n": NaN}'


def test_unreadable_bytes_survive():
    frame = pl.DataFrame(
        {
            "source": ["f", "f"],
            "row": [1, 2],
            "raw": [b"{oops", b"\xff\xfe"],
            "error": ["e", "e"],
            "hint": ["h", None],
        }
    )
    first, second = (orjson.loads(line) for line in unreadable_rows(frame))
    assert first == {"source": "f", "row": 1, "error": "e", "hint": "h", "raw": "{oops"}
    assert second["raw_base64"] == "//4="
