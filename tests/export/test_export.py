"""Exports: nothing is dropped unnamed, what is written says the same, and what cannot be carried is refused by name."""

import json

import orjson
import pytest

from finesift.errors import UsageError
from finesift.export.folder import LEFT_OUT, export, row_of
from finesift.export.target import FEATURES, Row, features, targets
from finesift.pipeline import prep
from finesift.read import read
from finesift.recipe import Recipe

TARGETS = targets()
U, A, S = "user", "assistant", "system"
TOOL = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}


def said(role, content, **more):
    return {"role": role, "content": content, **more}


CALL = said(
    A,
    None,
    tool_calls=[
        {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": {"at": "Ghent"}}}
    ],
)
RESULT = said("tool", "noon", tool_call_id="c1")
ROWS = {
    "plain": {"messages": [said(U, "Name a knot."), said(A, "Bowline.")]},
    "system": {"messages": [said(S, "Be brief."), said(U, "Name a tree."), said(A, "Oak.")]},
    "several": {"messages": [said(U, "Hi."), said(A, "Hello."), said(U, "Name a star."), said(A, "Vega.")]},
    "tools": {"messages": [said(U, "What time is it?"), CALL, RESULT, said(A, "Noon.")], "tools": [TOOL]},
    "reasoning": {"messages": [said(U, "Is 91 prime?"), said(A, "No.", reasoning_content="7 times 13.")]},
    "untrained": {"messages": [said(U, "Say A."), said(A, "B.", train=False), said(U, "No, A."), said(A, "A.")]},
    "uneven": {"messages": [said(U, "One."), said(U, "Two."), said(A, "Both.")]},
    "pair": {"prompt": [said(U, "Which?")], "chosen": [said(A, "This.")], "rejected": [said(A, "That one there.")]},
    "rated": {"prompt": [said(U, "Sum?")], "completion": [said(A, "Five.")], "label": False},
    "text": {"text": "Ropes were made of hemp for a long time, and later of nylon."},
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS.values()))
    recipe = {"data": {"train": [str(folder / "rows.jsonl")]}, "split": {"validation": 0, "test": 0}}
    return prep(Recipe.parse(recipe | {"model": {"count_tokens": False}}), folder / "run")


def lines(file):
    return [orjson.loads(line) for line in file.read_bytes().splitlines()]


@pytest.mark.parametrize("name", TARGETS)
def test_every_row_is_written_or_left_out_with_its_reason(run, tmp_path, name):
    found = export(run, TARGETS[name], tmp_path / "out")
    left = lines(tmp_path / "out" / LEFT_OUT) if found.left_out else []
    assert sum(found.written.values()) + len(left) == len(ROWS)
    assert sum(found.left_out.values()) == len(left) and all(one["why"] and one["row"] for one in left)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(found.files)
    assert len(lines(tmp_path / "out" / TARGETS[name].names[0])) == found.written[TARGETS[name].names[0]]


@pytest.mark.parametrize("name", [name for name, one in TARGETS.items() if one.kinds == ("conversation",)])
def test_what_is_written_says_the_same_when_it_is_read_again(run, tmp_path, name):
    export(run, TARGETS[name], tmp_path / "out")
    again = read([str(tmp_path / "out" / TARGETS[name].names[0])])
    assert again.unreadable.is_empty()
    texts = {content for content in again.turns["content"] if content}
    for line in run.files("train")[0].read_bytes().splitlines():
        row = row_of(line)
        if TARGETS[name].refuses(row) is None:
            assert all(m["content"] in " ".join(texts) for m in row.messages if m.get("content"))
    roles = set(again.turns["role"].cast(str)) if again.turns.height else set()
    assert roles <= {"system", "user", "assistant", "tool"}
    if {"tools", "several"} <= set(TARGETS[name].carries):
        called = again.turns["tool_calls"].drop_nulls().to_list()
        arguments = orjson.loads(called[0])[0]["function"]["arguments"]
        assert (orjson.loads(arguments) if isinstance(arguments, str) else arguments) == {"at": "Ghent"}
        assert "noon" in " ".join(texts)
    if "untrained" in TARGETS[name].carries:
        assert again.turns["train"].to_list().count(False) == 1


@pytest.mark.parametrize("feature", FEATURES)
def test_a_target_refuses_what_it_does_not_carry_by_name(feature):
    rows = {
        "developer": [said("developer", "Be kind."), said(U, "Hi."), said(A, "Hello.")],
        "open": [said(U, "Hi."), said(A, "Hello."), said(U, "And?")],
        "media": [said(U, [{"type": "image"}]), said(A, "A jug.")],
    }
    messages = rows.get(feature) or ROWS[feature]["messages"]
    row = Row("x", "conversation", messages, ROWS.get(feature, {}).get("tools", []), media=feature == "media")
    assert feature in features(row)
    for one in TARGETS.values():
        if one.kinds == ("conversation",):
            assert (one.refuses(row) is None) == set(features(row)).issubset(one.carries)


def test_limits_of_providers_are_met_before_the_user_meets_them():
    bad = Row(
        "x",
        "conversation",
        ROWS["plain"]["messages"],
        [{"type": "function", "function": {"name": "get time"}}],
    )
    assert "get time" in TARGETS["openai"].refuses(bad)
    marked = Row("x", "conversation", [said(U, "User: hello"), said(A, "Hello.")], [])
    assert "reserved" in TARGETS["bedrock"].refuses(marked)


def test_nothing_is_written_where_nothing_fits_or_something_is_in_the_way(run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        export(run, TARGETS["trl"], tmp_path / "full")
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.jsonl").write_text(json.dumps(ROWS["text"]) + "\n")
    recipe = {"data": {"train": [str(folder / "a.jsonl")]}, "split": {"validation": 0, "test": 0}}
    texts = prep(Recipe.parse(recipe | {"model": {"count_tokens": False}}), folder / "run")
    with pytest.raises(UsageError, match="takes no text rows"):
        export(texts, TARGETS["openai"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_few_rows_are_warned_of(run, tmp_path):
    assert any("from 10 on" in said for said in export(run, TARGETS["openai"], tmp_path / "out").warnings)


def test_the_sealed_test_set_is_never_exported(tmp_path):
    rows = [
        {"messages": [said(U, f"Name knot {n} of {n * 7} ropes."), said(A, f"Knot {n}.")]} for n in range(60)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = {
        "data": {"train": [str(tmp_path / "a.jsonl")]},
        "split": {"test": 0.3},
        "model": {"count_tokens": False},
    }
    run = prep(Recipe.parse(recipe), tmp_path / "run")
    export(run, TARGETS["openai"], tmp_path / "out")
    fates = run.manifest["summary"]["fates"]
    written = sum(len(lines(tmp_path / "out" / name)) for name in TARGETS["openai"].names)
    assert written == fates["train"] + fates["validation"] and fates["test"] > 5


def test_results_of_two_calls_are_two_lines_for_llamafactory():
    two = [
        said(U, "What time is it?"),
        CALL,
        RESULT,
        said("tool", "or one", tool_call_id="c2"),
        said(A, "Noon."),
    ]
    record = TARGETS["llamafactory"].record(Row("x", "conversation", two, [TOOL]))
    assert [m["content"] for m in record["messages"] if m["role"] == "observation"] == ["noon\nor one"]
