"""The example data are as described: planted.json points at rows that exist and are what it says."""

import json
import re
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest

from finesift import pipeline
from finesift.embed.load import load_encoder
from finesift.read import read
from finesift.recipe import Recipe
from finesift.registry import load_checks

EXAMPLES = Path(__file__).parents[1] / "examples"
PLANTED = json.loads((EXAMPLES / "planted.json").read_text("utf-8"))
HELD_OUT = [json.loads(line) for line in (EXAMPLES / "support/held_out.jsonl").read_bytes().splitlines()]
EXPECT = {
    "keep": "keep",
    "review": "review",
    "set_aside": "set aside",
    "one_stays": "one stays",
    "unreadable": "unreadable",
}


@pytest.fixture(scope="module")
def recipe():
    return Recipe.load(EXAMPLES / "support/recipe.toml")


@pytest.fixture(scope="module")
def corpus(recipe):
    return read(recipe.data.train, roles=recipe.data.roles)


@pytest.fixture(scope="module")
def texts(corpus):
    """What is said in each row that could be read, by (file, row); system prompts left out."""
    said = (
        corpus.turns.filter(pl.col("role") != "system")
        .group_by("example", maintain_order=True)
        .agg(pl.col("content").fill_null("").str.join("\n"))
        .join(corpus.examples, on="example")
    )
    return {
        place(source, row): text for source, row, text in said.select("source", "row", "content").iter_rows()
    }


def place(source: str, row: int) -> tuple[str, int]:
    return f"support/{Path(source).name}", row


def planted(*kinds: str) -> list[dict]:
    return [entry for entry in PLANTED if entry["kind"] in kinds]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def five_grams(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + 5]) for at in range(max(1, len(found) - 4))}


def shared(question: str, text: str) -> float:
    """The fraction of the question's word 5-grams that the text holds."""
    asked = five_grams(question)
    return len(asked & five_grams(text)) / len(asked)


def test_the_two_lists_of_what_is_planted_agree():
    table = [
        " | ".join(
            [
                entry["file"].removeprefix("support/"),
                str(entry["row"]),
                entry["kind"],
                EXPECT[entry["expect"]],
                entry["check"] or "",
                entry.get("group", ""),
                entry.get("note", ""),
            ]
        )
        for entry in PLANTED
    ]
    lines = (EXAMPLES / "PLANTED.md").read_text("utf-8").splitlines()
    start = lines.index("|---|---|---|---|---|---|---|") + 1
    assert [line.removeprefix("| ").removesuffix(" |") for line in lines[start:]] == table


def test_every_planted_row_exists_once(corpus):
    rows = [
        place(*row)
        for frame in (corpus.examples, corpus.unreadable)
        for row in frame.select("source", "row").iter_rows()
    ]
    assert len(rows) == len(set(rows)) == corpus.rows == 333
    places = [(entry["file"], entry["row"]) for entry in PLANTED]
    assert len(places) == len(set(places))
    assert set(places) <= set(rows)


def test_only_rows_planted_as_unreadable_are(corpus):
    # A row with two answers has a test of its own.
    expected = {
        (entry["file"], entry["row"])
        for entry in PLANTED
        if entry["expect"] == "unreadable" and entry["kind"] != "competing_fields"
    }
    found = {place(*row) for row in corpus.unreadable.select("source", "row").iter_rows()}
    assert found - {(entry["file"], entry["row"]) for entry in planted("competing_fields")} == expected


def test_good_rows_have_a_question_and_an_answer(corpus):
    bad = {(entry["file"], entry["row"]) for entry in PLANTED}
    roles = corpus.turns.group_by("example").agg(pl.col("role").cast(pl.String), pl.col("content"))
    seen = 0
    for source, row, spoken in (
        corpus.examples.join(roles, on="example").select("source", "row", "role").iter_rows()
    ):
        if place(source, row) not in bad:
            seen += 1
            assert "user" in spoken and spoken[-1] == "assistant", (source, row)
    assert seen > 150


@pytest.mark.parametrize("kind", ["leak_verbatim", "leak_embedded", "leak_rewrapped", "leak_recased"])
def test_a_leaked_question_is_in_the_row_word_for_word(texts, kind):
    for entry in planted(kind):
        question = HELD_OUT[entry["held_out"] - 1]["question"]
        text = texts[entry["file"], entry["row"]]
        assert " ".join(words(question)) in " ".join(words(text))
        assert (question in text) == (kind in ("leak_verbatim", "leak_embedded"))


def test_an_edited_leak_shares_most_and_a_restated_one_hardly_anything(texts):
    for kind, low, high in [("leak_edited", 0.5, 0.95), ("leak_restated", 0.0, 0.05)]:
        assert len(planted(kind)) == 2
        for entry in planted(kind):
            question = HELD_OUT[entry["held_out"] - 1]["question"]
            assert low <= shared(question, texts[entry["file"], entry["row"]]) <= high


def test_nothing_else_leaks(texts):
    leaks = {(e["held_out"], e["file"], e["row"]) for e in PLANTED if "held_out" in e}
    assert len(leaks) == 8
    for number, item in enumerate(HELD_OUT, 1):
        for (file, row), text in texts.items():
            assert (number, file, row) in leaks or shared(item["question"], text) < 0.05, (number, file, row)


def test_groups_of_alike_rows_are_as_alike_as_their_kind_says(texts):
    groups = defaultdict(list)
    for entry in PLANTED:
        if "group" in entry:
            groups[entry["group"]].append(entry)
    for name, entries in groups.items():
        assert len(entries) >= 2, name
        (kind,) = {entry["kind"] for entry in entries}
        first, *others = (texts[entry["file"], entry["row"]] for entry in entries)
        for other in others:
            a, b = five_grams(first), five_grams(other)
            similarity = len(a & b) / len(a | b)
            if kind == "exact_duplicate":
                assert first == other
            elif kind == "duplicate_in_form":
                assert first != other and words(first) == words(other)
            elif kind == "near_duplicate" or kind.startswith("differs_in_"):
                assert 0.8 <= similarity < 1, name
                numbers = re.findall(r"\d+", first), re.findall(r"\d+", other)
                assert (numbers[0] == numbers[1]) == (kind in ("near_duplicate", "differs_in_negation"))


def test_the_recipe_names_files_that_exist(recipe):
    for file in [*recipe.data.train, *(name for files in recipe.held_out.values() for name in files)]:
        assert Path(file).is_file()
    assert recipe.model.tokenizer is None, "the packaged one is the default"


@pytest.fixture(scope="module")
def outcomes(recipe, tmp_path_factory):
    """Outcome and deciding check by (file, row), of the main job on the example."""
    run = pipeline.prep(recipe, tmp_path_factory.mktemp("example") / "run")
    decided = run.table("decisions").join(run.table("examples"), on="example")
    read_ = {
        place(source, row): (outcome, check)
        for source, row, outcome, check in decided.select("source", "row", "outcome", "check").iter_rows()
    }
    lines = (run.path / "unreadable.jsonl").read_bytes().splitlines()
    lost = [json.loads(line) for line in lines]
    return read_ | {place(row["source"], row["row"]): ("unreadable", None) for row in lost}


def test_what_was_planted_for_a_check_that_exists_ends_where_it_should(outcomes):
    groups = defaultdict(list)
    for entry in PLANTED:
        if entry["check"] is not None and entry["check"] not in load_checks():
            continue
        if entry["check"] == "restatement" and load_encoder() is None:
            continue  # words alone do not see it
        outcome, _ = outcomes[entry["file"], entry["row"]]
        if entry["expect"] == "one_stays":
            groups[entry["group"]].append(outcome)
        elif entry["expect"] == "review":
            assert outcome in ("review", "set_aside", "unreadable"), entry
        else:
            assert outcome == entry["expect"], entry
    for group, found in groups.items():
        assert len(found) - found.count("set_aside") == 1, group


def test_nothing_that_was_not_planted_is_set_aside_or_lost(outcomes):
    expected = {(entry["file"], entry["row"]) for entry in PLANTED}
    assert {
        where: found for where, found in outcomes.items() if found[0] != "keep" and where not in expected
    } == {}
