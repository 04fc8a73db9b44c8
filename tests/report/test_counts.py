"""One number, wherever it stands: manifest, files, terminal, page, Markdown, card and --json say the same."""

import io
import json
import random
import re

import pytest
from rich.console import Console

from finesift import pipeline
from finesift.corpus import chat
from finesift.data import example_folder
from finesift.listing import listed
from finesift.recipe import Recipe
from finesift.report import terminal
from finesift.report.summary import KEPT, Summary

WORDS = re.split(
    " ", "bread tea knots maps stars rope wool clay salt rain moss bees iron glass paper seeds boats bells"
)
REFUSAL = "I'm sorry, but as an AI language model I cannot help with that."


def row(draw):
    """A row of any kind: fine, for review, to be set aside, no row at all."""
    a, b, c = (draw.choice(WORDS) for _ in range(3))
    asked = f"How do I keep {a} and {b} beside the {c}, number {draw.randrange(10_000)}?"
    fine = chat(asked, f"Keep the {a} dry, the {b} in the {c}, and look again in {draw.randrange(99)} days.")
    return draw.choice(
        [
            fine,
            fine,
            fine,
            chat(asked, REFUSAL),
            chat(asked, ""),
            chat("The same question again?", "The same answer again, to the letter."),
            chat(asked, "I was made by OpenAI, and I am ChatGPT."),
            {"prompt": asked, "chosen": f"Keep the {a} dry.", "rejected": f"Throw the {b} away."},
            {
                "text": f"A text on {a}, {b} and {c}, which nobody asked for, at {draw.randrange(10_000)} letters."
            },
            "no row",
        ]
    )


def recipe_of(number, folder):
    if number == 0:
        return Recipe.load(example_folder() / "recipe.toml")
    draw = random.Random(number)
    data = folder / "data.jsonl"
    data.write_text("".join(json.dumps(row(draw)) + "\n" for _ in range(40 * number)))
    return Recipe.parse(
        {
            "data": {"train": [str(data)]},
            "split": {"validation": 0.1 * (number % 3), "test": 0.15 * (number % 2)},
            "model": {"count_tokens": number % 2 == 0},
            "policy": {"hold_reviews": number == 3},
        }
    )


@pytest.fixture(scope="module", params=range(5))
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("counts")
    return pipeline.prep(recipe_of(request.param, folder), folder / "run")


def printed(what):
    out = io.StringIO()
    Console(file=out, width=400).print(what)
    return out.getvalue()


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def lines(file):
    return len(file.read_bytes().splitlines())


def test_the_files_hold_what_the_summary_says(run):
    figures = Summary.from_dict(run.manifest["summary"])
    assert figures.adds_up
    for split in ("train", "validation"):
        assert sum(lines(file) for file in run.files(split)) == figures.fates[split]
    assert lines(run.path / "unreadable.jsonl") == figures.fates["unreadable"]
    reviewable = sum(figures.reviewed.get(fate, 0) for fate in ("train", "validation"))
    assert lines(run.path / "review.jsonl") == listed(run, review=True).height == reviewable
    assert figures.reviews == figures.kept_for_review


def test_the_checks_add_up_to_what_was_decided(run):
    figures = Summary.from_dict(run.manifest["summary"])
    assert sum(check.set_aside for check in figures.checks) == figures.fates["set_aside"]
    assert sum(check.review for check in figures.checks) == figures.reviews
    assert all(check.found >= check.review + check.set_aside for check in figures.checks)


def test_every_page_says_the_same(run):
    figures = Summary.from_dict(run.manifest["summary"])
    short, full = printed(terminal.run(run)), printed(terminal.run(run, full=True))
    page = plain((run.path / "report.html").read_text())
    markdown, card = ((run.path / name).read_text() for name in ("report.md", "README.md"))
    for fate, label in terminal.LABELS.items():
        assert f"{figures.fates[fate]:,} {label}" in short
        assert re.search(rf"^{label} +{figures.fates[fate]:,}\b", full, re.MULTILINE)
        assert f"{figures.fates[fate]:,} {label}" in page
        assert f"| {label} | {figures.fates[fate]:,} |" in markdown
    kept = sum(figures.fates[fate] for fate in KEPT)
    assert f"{kept:,} of {figures.rows:,} row" in page and f"{kept:,} of {figures.rows:,} row" in printed(
        terminal.brief(run)
    )
    said = figures.review_sentence()
    for where in (short, full, page, markdown, card):
        assert said in where
        assert figures.reviews or "of those kept" not in where
    for check in figures.checks:
        numbers = f"{check.set_aside:,} | {check.review:,} | {check.found:,} |"
        assert f"| {check.check} | {numbers}" in markdown
    if figures.masks:
        told = f"{figures.masks.trained:,} of {figures.masks.tokens:,} tokens"
        assert all(told in where for where in (full, page, markdown, card))
        proved = f"{figures.masks.proved:,} of {figures.masks.conversations:,} conversation"
        assert all(proved in where for where in (full, page, markdown, card))
    if figures.epoch:
        for sentence in figures.epoch.sentences(len(figures.kinds)):
            assert all(sentence in where for where in (full, page, markdown))
    if figures.agents:
        assert all(figures.agents.sentences()[0] in where for where in (full, page, markdown))


def test_json_is_the_manifest(run, capsys):
    from finesift.cli.output import print_run

    print_run(run, json=True)
    told = json.loads(capsys.readouterr().out)
    summary = json.loads(json.dumps(run.manifest["summary"]))
    assert {name: told[name] for name in summary} == summary
    assert told["verdict"]["state"] == run.manifest["verdict"]["state"]
