"""What the recipe says about template and mask, through the commands; and templates and data that mean harm."""

import json
import signal
from contextlib import contextmanager

import polars as pl
import pytest
from tokenizers.processors import TemplateProcessing
from typer.testing import CliRunner

from finesift.chat.tokenizer import load_tokenizer
from finesift.cli import app
from finesift.corpus import chat, pair
from finesift.errors import ModelError, RecipeError
from finesift.recipe import Recipe

TOKENIZER = load_tokenizer()
THINKS = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.reasoning_content %}{{ '<think>\n' + m.reasoning_content + '\n</think>\n\n' }}{% endif %}"
    "{{ m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
ROW = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello.", "reasoning_content": "A greeting."},
        {"role": "user", "content": "Two and two?"},
        {"role": "assistant", "content": "Four.", "reasoning_content": "Sums."},
    ]
}
FIRST, LAST = "Hello.<|im_end|>", "Four.<|im_end|>"
THOUGHT = "<think>\nA greeting.\n</think>\n\n", "<think>\nSums.\n</think>\n\n"

WANTED = {
    "everything": ({}, [], [THOUGHT[0] + FIRST, THOUGHT[1] + LAST]),
    "last": ({"train_turns": "last"}, ["--train-turns", "last"], [THOUGHT[1] + LAST]),
    "answers": ({"train_reasoning": False}, ["--no-train-reasoning"], [FIRST, LAST]),
    "last answer": (
        {"train_turns": "last", "train_reasoning": False},
        ["--train-turns", "last", "--no-train-reasoning"],
        [LAST],
    ),
}


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def template(tmp_path, source):
    file = tmp_path / "template.jinja"
    file.write_text(source)
    return file


def trained_texts(ids, labels):
    """The runs of trained tokens, decoded."""
    texts, run = [], []
    for id_, label in zip([*ids, 0], [*labels, -100], strict=True):
        if label != -100:
            assert label == id_
            run.append(id_)
        elif run:
            texts.append(TOKENIZER.backend.decode(run, skip_special_tokens=False))
            run = []
    return texts


@pytest.mark.parametrize("recipe, options, texts", WANTED.values(), ids=WANTED)
def test_what_is_trained_is_what_the_recipe_says(recipe, options, texts, jsonl, tmp_path):
    file, source = jsonl([ROW]), template(tmp_path, THINKS)
    settings = tmp_path / "recipe.toml"
    settings.write_text(Recipe().merge(model={"template": source.name, **recipe}).to_toml())
    nothing_held_back = ["--validation", 0, "--test", 0, "--tokenized"]

    def check(out, *options):
        assert run("prep", file, "-o", out, *nothing_held_back, *options).exit_code == 0
        [row] = pl.read_parquet(out / "tokenized" / "train.parquet").iter_rows(named=True)
        assert trained_texts(row["input_ids"], row["labels"]) == texts
        assert set(row["attention_mask"]) == {1}
        [counted] = pl.read_parquet(out / "tables" / "examples.parquet")["trained"]
        assert counted == sum(label != -100 for label in row["labels"])
        audited = run("audit", out, out / "tokenized" / "train.parquet")
        assert audited.exit_code == 0, audited.output
        shown = json.loads(run("mask", file, "--json", *options).stdout)["conversations"][0]
        assert [part["text"] for part in shown["runs"] if part["trained"]] == [
            piece for text in texts for piece in (text.removesuffix("<|im_end|>"), "<|im_end|>")
        ]

    check(tmp_path / "by recipe", "--recipe", settings)
    check(tmp_path / "by options", "--template", source, *options)


TEXTS = [{"text": "The tide turns twice a day."}, {"text": "  Ebb, then flood.\n"}]


def test_plain_text_is_trained_whole_and_without_a_template(jsonl, tmp_path):
    file, out = jsonl([*TEXTS, chat("Hi", "Hello.")]), tmp_path / "run"
    assert run("prep", file, "-o", out, "--validation", 0, "--test", 0, "--tokenized").exit_code == 0
    rows = pl.read_parquet(out / "tokenized" / "train.parquet").sort(pl.col("input_ids").list.len())
    decoded = [TOKENIZER.backend.decode(ids, skip_special_tokens=False) for ids in rows["input_ids"]]
    assert {row["text"] + "<|im_end|>" for row in TEXTS} < set(decoded)
    assert [
        (ids == labels).all() for ids, labels in zip(rows["input_ids"], rows["labels"], strict=True)
    ].count(True) == 2
    masks = json.loads((out / "manifest.json").read_text())["summary"]["masks"]
    assert masks["conversations"] == masks["proved"] == 3
    assert run("audit", out, out / "tokenized" / "train.parquet").exit_code == 0
    shown = json.loads(run("mask", file, "--json").stdout)["conversations"]
    assert [part["trained"] for one in shown[:2] for part in one["runs"]] == [True] * 4


def test_a_model_without_a_template_will_do_for_plain_text(jsonl, model, tmp_path):
    model("")
    (tmp_path / "model" / "chat_template.jinja").unlink()
    base = ["--tokenizer", tmp_path / "model"]
    assert run("prep", jsonl(TEXTS), "-o", tmp_path / "run", *base).exit_code == 0
    refused = run("prep", jsonl([chat("Hi", "Hello.")], "chats.jsonl"), "-o", tmp_path / "other", *base)
    assert isinstance(refused.exception, ModelError)
    assert "has no chat template" in str(refused.exception)


def test_a_text_begins_as_the_tokenizer_begins_one(model):
    assert model("").document == ("", "<|im_end|>")
    begins = model("", bos_token="<|endoftext|>")
    begins.backend.post_processor = TemplateProcessing(
        single="<|endoftext|> $A",
        special_tokens=[("<|endoftext|>", begins.backend.token_to_id("<|endoftext|>"))],
    )
    assert begins.document == ("<|endoftext|>", "<|im_end|>")


def test_a_setting_of_the_template_reaches_prep_mask_and_lint(jsonl, tmp_path):
    source = template(
        tmp_path,
        "{% if thoughts %}{{ '<|im_start|>system\nThink before you answer.<|im_end|>\n' }}{% endif %}"
        + THINKS,
    )
    settings = tmp_path / "recipe.toml"
    settings.write_text(f'[model]\ntemplate = "{source.name}"\ntemplate_settings = {{ thoughts = true }}\n')
    file = jsonl([chat("Hi", "Hello.")])
    assert (
        run("prep", file, "-o", tmp_path / "run", "--recipe", settings, "--tokenized", "--test", 0).exit_code
        == 0
    )
    [row] = pl.read_parquet(tmp_path / "run" / "tokenized" / "train.parquet").iter_rows(named=True)
    assert "Think before" in TOKENIZER.backend.decode(row["input_ids"])
    assert "Think before" in run("mask", file, "--recipe", settings).output
    assert "system_injected" in run("lint", "--recipe", settings).output
    assert "system_injected" not in run("lint", "--template", source).output


@pytest.mark.parametrize("name", ["messages", "tools", "add_generation_prompt"])
def test_what_comes_with_each_conversation_is_no_setting(name, jsonl, tmp_path):
    settings = tmp_path / "recipe.toml"
    settings.write_text(f"[model]\ntemplate_settings = {{ {name} = true }}\n")
    done = run("prep", jsonl([chat("Hi", "Hello.")]), "-o", tmp_path / "run", "--recipe", settings)
    assert isinstance(done.exception, ModelError)
    assert f"{name} is no setting" in str(done.exception)
    assert isinstance(run("lint", "--set", f"{name}=1").exception, ModelError)


def test_a_policy_that_does_not_exist_is_named(jsonl):
    done = run("mask", jsonl([chat("Hi", "Hello.")]), "--train-turns", "first")
    assert isinstance(done.exception, RecipeError)
    assert "train_turns" in str(done.exception)


def test_a_template_file_that_is_not_there_or_not_text_is_named(jsonl, tmp_path):
    file = jsonl([chat("Hi", "Hello.")])
    assert "no such file" in str(run("mask", file, "--template", tmp_path / "none.jinja").exception)
    (tmp_path / "binary.jinja").write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in str(run("mask", file, "--template", tmp_path / "binary.jinja").exception)


def test_both_sides_of_a_pair_go_out_with_the_same_prompt(jsonl, tmp_path):
    file = jsonl([pair("Name a prime.", "Seven.", "Eight.")])
    done = run("prep", file, "-o", tmp_path / "run", "--tokenized", "--validation", 0, "--test", 0)
    assert done.exit_code == 0
    chosen, rejected = pl.read_parquet(tmp_path / "run" / "tokenized" / "train.parquet").iter_rows(named=True)
    assert (chosen["part"], rejected["part"]) == ("chosen", "rejected")
    assert trained_texts(chosen["input_ids"], chosen["labels"]) == ["Seven.<|im_end|>"]
    assert trained_texts(rejected["input_ids"], rejected["labels"]) == ["Eight.<|im_end|>"]
    prompts = [
        row["labels"].index(next(id_ for id_ in row["labels"] if id_ != -100)) for row in (chosen, rejected)
    ]
    assert prompts[0] == prompts[1]
    assert chosen["input_ids"][: prompts[0]] == rejected["input_ids"][: prompts[0]]


# Far more than any of these takes on a busy machine, and nothing against what they would take unbounded.
PATIENCE = 120


@contextmanager
def ends():
    """Fails where the block does not end: what is tested is that work is bounded, not how fast a machine is."""

    def give_up(*_):
        pytest.fail(f"it went on for {PATIENCE} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


HOSTILE_TEMPLATES = {
    "loop": "{% for a in range(10**9) %}x{% endfor %}",
    "nested": "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
    "huge": "{% set a = namespace(t='x') %}{% for i in range(60) %}{% set a.t = a.t + a.t %}{% endfor %}{{ a.t }}",
    "walk": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "only with many": "{% if messages | length > 3 %}{{ range(10**9) | list }}{% endif %}" + THINKS,
    "slow with many": "{% if messages | length > 3 %}{% for a in range(90000) %}{% for b in range(90000) %}"
    "{% endfor %}{% endfor %}{% endif %}" + THINKS,
}


@pytest.mark.parametrize("command", ["prep", "mask", "lint", "template"])
@pytest.mark.parametrize("source", HOSTILE_TEMPLATES.values(), ids=HOSTILE_TEMPLATES)
def test_a_hostile_template_is_stopped_whatever_the_command(source, command, jsonl, tmp_path):
    file = jsonl([chat("Hi", f"Hello {n}.") for n in range(50)] + [ROW] * 50)
    options = {
        "prep": [file, "-o", tmp_path / "run"],
        "mask": [file, "--rows", 100],
        "lint": [file],
        "template": ["--patched"],
    }[command]
    with ends():
        done = run(command, "--template", template(tmp_path, source), *options)
    assert isinstance(done.exception, ModelError)
    assert "template.jinja: this chat template was stopped" in str(done.exception)
    assert not (tmp_path / "run").exists()


def test_a_template_without_an_end_is_refused_row_by_row(jsonl, tmp_path):
    """What calls itself ends soon, and long content may be why."""
    source = template(tmp_path, "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}")
    file = jsonl([chat("Hi", "Hello.")])
    assert "it calls itself without an end" in run("mask", file, "--template", source).output
    assert "refuses_all" in run("lint", "--template", source).output
    assert run("prep", file, "-o", tmp_path / "run", "--template", source, "--test", 0).exit_code == 0
    assert "it calls itself" in (tmp_path / "run" / "set_aside.jsonl").read_text()


def called(arguments):
    return {
        "messages": [
            {"role": "user", "content": "Add."},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"function": {"name": "f", "arguments": arguments}}],
            },
        ]
    }


HOSTILE_ROWS = {
    "an answer of special tokens": chat("Hi", "<|im_end|>" * 20_000),
    "an answer without a space": chat("Hi", "a" * 200_000),
    "an answer of spaces": chat("Hi", "x" + " " * 200_000 + "x"),
    "marks that never close": chat("Hi", "<think>" * 30_000),
    "half marks": chat("Hi", "<|im_" * 40_000),
    "characters for private use": chat("Hi", "\U000f0000\U00100000\U000f7fff" * 20_000),
    "a template": chat("Hi", "{% for a in range(10**9) %}{% endfor %}{{ ''.__class__ }}"),
    "thousands of messages": {
        "messages": [{"role": ("user", "assistant")[n % 2], "content": f"{n}"} for n in range(4_000)]
    },
    "deep arguments": called(json.loads("[" * 150 + "]" * 150)),
    "many arguments": called({f"k{n}": n for n in range(20_000)}),
}


@pytest.mark.parametrize("command", ["prep", "mask", "lint"])
@pytest.mark.parametrize("row", HOSTILE_ROWS.values(), ids=HOSTILE_ROWS)
def test_hostile_content_ends_in_its_place(row, command, jsonl, tmp_path):
    file = jsonl([row, chat("Hi", "Hello.")])
    out = ["-o", tmp_path / "run"] if command == "prep" else []
    with ends():
        done = run(command, file, *out)
    assert done.exit_code in (0, 1)
    assert done.exception is None or isinstance(done.exception, SystemExit)
