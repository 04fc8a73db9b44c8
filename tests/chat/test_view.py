"""What a person sees of a mask."""

import json

import pytest
from typer.testing import CliRunner

from finesift.chat.tokenizer import load_tokenizer
from finesift.chat.view import view
from finesift.cli import app
from finesift.corpus import Corpus, chat, pair
from finesift.report import masks

TOKENIZER = load_tokenizer()


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.mark.parametrize("answer", ["Hello.", "\n\n  code", "👩‍🔬 naïve 日本", "<b>&amp;</b>"])
def test_the_tokens_say_the_whole_text(answer):
    corpus = Corpus.of([chat("no", "no"), chat("Hi", answer, system="Be brief.")])
    [one] = view(corpus, TOKENIZER, [1])
    text = TOKENIZER.template.render(
        [{"role": "system", "content": "Be brief."}, *chat("Hi", answer)["messages"]]
    )
    assert "".join(token.text for token in one.tokens) == text
    assert "".join(run for run, _, _ in one.runs()) == text
    assert "".join(run for run, trained, _ in one.runs() if trained).lstrip("\n") == (
        answer + "<|im_end|>"
    ).lstrip("\n")
    assert one.place == "memory:2"


def test_both_sides_of_a_pair_are_shown():
    views = view(Corpus.of([pair("Hi", "Hello.", "Go away.")]), TOKENIZER, [0])
    assert [one.part for one in views] == ["chosen", "rejected"]


def test_a_page_shows_data_as_text_and_needs_nothing_else():
    hostile = "</div><script>alert(1)</script>\x1b[31m"
    views = view(Corpus.of([chat(hostile, hostile)]), TOKENIZER, [0])
    page = masks.page(views, "a <tokenizer>")
    assert "<script" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page
    assert "a &lt;tokenizer&gt;" in page
    assert "default-src 'none'" in page
    assert "http://" not in page and "https://" not in page


def test_the_command_shows_rows_in_the_terminal_as_json_and_as_a_page(jsonl, tmp_path):
    file = jsonl([chat(f"Question {n}?", f"Answer \x1b[0m {n}.") for n in range(9)])
    shown = run("mask", file, "--rows", 2)
    assert shown.exit_code == 0
    assert "Answer \\u001b[0m 1." in shown.output
    assert "Answer \\u001b[0m 2." not in shown.output
    said = json.loads(run("mask", file, "--json", "--rows", 1).stdout)
    [one] = said["conversations"]
    assert "".join(part["text"] for part in one["runs"] if part["trained"]) == "Answer \x1b[0m 0.<|im_end|>"
    assert run("mask", file, "--html", tmp_path / "masks.html").exit_code == 0
    assert (tmp_path / "masks.html").read_text("utf-8").count('class="mask"') == 5 + 1


def test_lint_says_what_the_template_does_and_counts_it(jsonl):
    file = jsonl([chat("Hi", "\n\nHello."), chat("Hi", "Yes.")])
    said = json.loads(run("lint", file, "--json").stdout)
    found = {remark["name"]: remark for remark in said["remarks"]}
    assert found["header_merges"]["rows"] == 1
    assert found["header_merges"]["places"] == [f"{file}:1"]
    assert found["tool_calls_lost"]["rows"] == 0
    told = run("lint", file)
    assert "header_merges  1 row\n" in told.output
    assert run("lint", file, "--set", "enable_thinkng=false").exit_code == 1
