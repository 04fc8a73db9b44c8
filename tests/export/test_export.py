"""Exports: nothing is dropped unnamed, what is written says the same, and what cannot be carried is refused by name."""

import ast
import json
from dataclasses import replace

import orjson
import polars as pl
import pyarrow as pa
import pytest
import yaml

from finesift.chat.template import Template
from finesift.errors import UsageError
from finesift.export.adapters import adapter, proved
from finesift.export.folder import LEFT_OUT, export
from finesift.export.layouts import json_line
from finesift.export.rendered import Marked
from finesift.export.rows import Row, row_of
from finesift.export.target import FEATURES, features, targets
from finesift.inputs import tokenizer_of_run
from finesift.pipeline import prep
from finesift.read import read
from finesift.recipe import Recipe

TARGETS = targets()
MESSAGES = [name for name, one in TARGETS.items() if one.kinds == ("conversation",) and not one.tokens]
TOKENS = [name for name, one in TARGETS.items() if one.tokens]
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


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """The rows that the packaged template takes, with their tokens; the last begins in the prompt's last token."""
    folder = tmp_path_factory.mktemp("counted")
    names = ("plain", "system", "several", "untrained", "uneven", "text")
    edge = {"messages": [said(U, "Draw a line."), said(A, "\n\nA line.")]}
    rows = [*(ROWS[name] for name in names), edge]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = {"data": {"train": [str(folder / "rows.jsonl")]}, "split": {"validation": 0, "test": 0}}
    return prep(Recipe.parse(recipe | {"model": {"tokenized": True}}), folder / "run")


def lines(file):
    """Rows of an export: JSON lines, with a mark or without, or an array."""
    text = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    return orjson.loads(text) if text.startswith(b"[") else [orjson.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in TOKENS])
def test_every_row_is_written_or_left_out_with_its_reason(run, tmp_path, name):
    found = export(run, TARGETS[name], tmp_path / "out")
    left = lines(tmp_path / "out" / LEFT_OUT) if found.left_out else []
    assert sum(found.written.values()) + len(left) == len(ROWS)
    assert sum(found.left_out.values()) == len(left) and all(one["why"] and one["row"] for one in left)
    files = (file for file in (tmp_path / "out").rglob("*") if file.is_file())
    assert sorted(file.relative_to(tmp_path / "out").as_posix() for file in files) == sorted(found.files)
    assert len(lines(tmp_path / "out" / TARGETS[name].names[0])) == found.written[TARGETS[name].names[0]]


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "openai-rft"])
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
        "pictures": [said(U, [{"type": "image", "url": "data:image/png;base64,AA=="}]), said(A, "A jug.")],
        "names": [said(U, "Hi.", name="Ann"), said(A, "Hello.")],
    }
    messages = rows.get(feature) or ROWS[feature]["messages"]
    tools, media = ROWS.get(feature, {}).get("tools", []), feature in ("media", "pictures")
    row = Row("x", "conversation", messages, tools, media=media)
    assert feature in features(row)
    for one in TARGETS.values():
        if one.kinds == ("conversation",):
            carried = set(features(row)).issubset(one.carries)
            # Some that take pictures take none that are in the row.
            assert (one.refuses(row) is None) == carried or (carried and feature == "pictures")


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


def tokens_of(name, folder):
    """Token ids and labels of each row, as a trainer is given them."""
    where = folder / TARGETS[name].names[0]
    if where.is_dir():
        data = orjson.loads((where / "state.json").read_bytes())["_data_files"][0]["filename"]
        rows = pa.ipc.open_stream((where / data).read_bytes()).read_all().to_pylist()
    else:
        rows = lines(where)
    return [(row["input_ids"], row["labels"]) for row in rows]


@pytest.mark.parametrize("name", TOKENS)
def test_token_ids_and_labels_are_the_proved_ones(counted, tmp_path, name):
    found = export(counted, TARGETS[name], tmp_path / "out")
    proved = pl.read_parquet(counted.path / "tokenized/train.parquet")
    # Plain text has tokens too, and is no conversation.
    texts = {row_of(line).id for line in (counted.path / "train.text.jsonl").read_bytes().splitlines()}
    proved = proved.filter(~pl.col("id").is_in(list(texts)))
    assert tokens_of(name, tmp_path / "out") == list(proved.select("input_ids", "labels").iter_rows())
    assert found.left_out == {f"{name} takes no text rows": 1}
    assert proved.height == 6


@pytest.mark.parametrize("name", [name for name in MESSAGES if TARGETS[name].masked])
def test_a_row_that_a_trainer_may_train_otherwise_is_named(counted, tmp_path, name):
    found = export(counted, TARGETS[name], tmp_path / "out")
    (why,) = [why for why in found.left_out if "begins in the prompt" in why]
    assert found.left_out[why] == 1
    left = [one["row"] for one in lines(tmp_path / "out" / LEFT_OUT) if one["why"] == why]
    assert left[0]["messages"][-1]["content"].startswith("\n\nA line.")


@pytest.mark.parametrize("name", TARGETS)
def test_configurations_are_what_their_programs_read(counted, run, tmp_path, name):
    given = counted if TARGETS[name].tokens else run
    found = export(given, TARGETS[name], tmp_path / "out")
    for file in (tmp_path / "out" / one for one in found.files if one.endswith((".py", ".yaml", ".jinja"))):
        text = file.read_text()
        if file.suffix == ".py":
            ast.parse(text)
        elif file.suffix == ".yaml":
            assert isinstance(yaml.safe_load(text), dict) and "None" not in text
        else:
            Template(text, tokens={}, name=name)


def test_a_sequence_in_a_configuration_holds_the_longest_row(counted, tmp_path):
    export(counted, TARGETS["axolotl"], tmp_path / "out")
    length = yaml.safe_load((tmp_path / "out/axolotl.yaml").read_text())["sequence_len"]
    assert f"LENGTH = {length:_}\n" in adapter("mlx_lm_train.py", model="m", length=length)
    proved = pl.read_parquet(counted.path / "tokenized/train.parquet")
    rows = lines(tmp_path / "out/train.jsonl")
    assert len(rows) == 5 and length >= max(len(ids) for ids in proved["input_ids"].to_list())


def test_the_template_for_pairs_ends_with_the_end_of_the_answer(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(ROWS["pair"]) + "\n")
    recipe = {"data": {"train": [str(tmp_path / "a.jsonl")]}, "split": {"validation": 0, "test": 0}}
    export(prep(Recipe.parse(recipe), tmp_path / "run"), TARGETS["trl-preference"], tmp_path / "out")
    template = Template((tmp_path / "out/chat_template.jinja").read_text(), tokens={}, name="dpo")
    asked, answer = ROWS["plain"]["messages"]
    assert template.render([asked, answer]).endswith("Bowline.<|im_end|>")
    assert template.render([asked], add_generation_prompt=True).endswith("<|im_start|>assistant\n")


def test_tokens_are_refused_where_none_were_counted(run, tmp_path):
    with pytest.raises(UsageError, match="without counting tokens") as fault:
        export(run, TARGETS["axolotl-tokens"], tmp_path / "out")
    assert "--no-tokens" in fault.value.hint and not (tmp_path / "out").exists()


def test_a_line_stays_one_line_for_readers_that_split_at_unicode_separators():
    record = {"content": "one\u2028two\u2029three\u0085four"}
    line = json_line(record)
    assert orjson.loads(line) == record and len(line.decode().splitlines()) == 1


def test_an_answer_that_only_calls_is_not_the_word_none(run, tmp_path):
    for name in ("trl", "axolotl", "nemo-automodel"):
        export(run, TARGETS[name], tmp_path / name)
        messages = [m for row in lines(tmp_path / name / "train.jsonl") for m in row["messages"]]
        assert all(isinstance(m["content"], str) for m in messages)


def test_reinforcement_compares_with_the_answer(run, tmp_path):
    export(run, TARGETS["openai-rft"], tmp_path / "out")
    first = next(row for row in lines(tmp_path / "out/train.jsonl") if row["reference_answer"] == "Bowline.")
    assert [m["role"] for m in first["messages"]] == ["user"]


def test_what_the_recipe_keeps_out_of_the_loss_is_said(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(ROWS["several"]) + "\n")
    recipe = {
        "data": {"train": [str(tmp_path / "a.jsonl")]},
        "split": {"validation": 0, "test": 0},
        "model": {"train_turns": "last"},
    }
    made = prep(Recipe.parse(recipe), tmp_path / "run")
    for name, flag in (("axolotl", {"train": False}), ("openai", {"weight": 0})):
        export(made, TARGETS[name], tmp_path / name)
        (row,) = lines(tmp_path / name / "train.jsonl")
        first, last = (m for m in row["messages"] if m["role"] == A)
        assert flag.items() <= first.items() and not flag.keys() & last.keys()
    # TRL has no way to say it.
    with pytest.raises(UsageError, match="not to be trained"):
        export(made, TARGETS["trl"], tmp_path / "trl")


@pytest.mark.parametrize("name", [name for name in MESSAGES if TARGETS[name].rendered])
def test_a_row_that_its_messages_would_not_make_again_is_named(counted, tmp_path, monkeypatch, name):
    def shortened(record):
        messages, tools = TARGETS[name].rendered.seen(record)
        return [m | {"content": m["content"].replace("Bowline", "Reef")} for m in messages], tools

    changed = replace(TARGETS[name], rendered=Marked(shortened))
    found = export(counted, changed, tmp_path / "out")
    assert found.left_out["its messages would become other tokens"] == 1
    assert "Bowline" not in (tmp_path / "out/train.jsonl").read_text()


def test_an_answer_that_is_not_to_be_trained_is_told_by_its_run_of_tokens():
    messages = [said(U, "?"), said(A, "1", train=False), said(U, "?"), said(A, "2")]
    assert proved.labels([1, 2, 3, 4, 5], [0, 1, 0, 1, 1], messages) == [-100, -100, -100, 4, 5]
    with pytest.raises(ValueError, match="cannot be told"):
        proved.labels([1, 2, 3], [0, 1, 1], messages)


def test_of_a_rated_conversation_the_rated_answer_alone_is_trained(tmp_path):
    row = {
        "prompt": [said(U, "Hi."), said(A, "Hello there."), said(U, "Sum?")],
        "completion": [said(A, "Five.")],
        "label": False,
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    recipe = {
        "data": {"train": [str(tmp_path / "a.jsonl")]},
        "split": {"validation": 0, "test": 0},
        "model": {"tokenized": True},
    }
    run = prep(Recipe.parse(recipe), tmp_path / "run")
    labels = pl.read_parquet(run.path / "tokenized/train.parquet")["labels"].to_list()[0]
    assert tokenizer_of_run(run).backend.decode([n for n in labels if n >= 0], False) == "Five.<|im_end|>"


def exported(folder, rows, name, **model):
    """What an export of the rows says, and its rows."""
    folder.mkdir()
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = {
        "data": {"train": [str(folder / "a.jsonl")]},
        "split": {"validation": 0, "test": 0},
        "model": model,
    }
    found = export(prep(Recipe.parse(recipe), folder / "run"), TARGETS[name], folder / "out")
    return found, lines(folder / "out/train.jsonl")


def test_a_side_of_several_messages_of_which_one_is_the_users_is_named(tmp_path):
    """DPOTrainer counts all behind the prompt, the user's words in it too."""
    long = {"prompt": [said(U, "Name a tree.")], "rejected": [said(A, "Gold.")]}
    long["chosen"] = [said(A, "Oak."), said(U, "Another, please?"), said(A, "Elm.")]
    found, rows = exported(tmp_path / "pairs", [ROWS["pair"], long], "trl-preference")
    assert found.left_out == {"others of its tokens would be trained": 1}
    assert [row["chosen"] for row in rows] == [ROWS["pair"]["chosen"]]


def test_pairs_and_ratings_that_would_become_other_tokens_are_named(tmp_path, monkeypatch):
    def changed(messages):
        return [m | {"content": m["content"].replace(".", "!")} for m in messages]

    monkeypatch.setattr("finesift.export.trainers._whole", changed)
    for name, row in (("trl-preference", ROWS["pair"]), ("trl-kto", ROWS["rated"])):
        with pytest.raises(UsageError, match="would become other tokens"):
            exported(tmp_path / name, [row], name)


def test_a_rated_answer_keeps_its_tools(tmp_path):
    row = {
        "prompt": ROWS["tools"]["messages"][:3],
        "completion": [said(A, "Noon.")],
        "label": True,
        "tools": [TOOL],
    }
    _, (made,) = exported(tmp_path / "rated", [row], "trl-kto", count_tokens=False)
    assert made["tools"] == [TOOL]


def test_open_instruct_is_given_both_sides_whole(tmp_path):
    _, (made,) = exported(tmp_path / "pairs", [ROWS["pair"]], "open-instruct-preference")
    asked = ROWS["pair"]["prompt"]
    assert made == {side: asked + ROWS["pair"][side] for side in ("chosen", "rejected")}
