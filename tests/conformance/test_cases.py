"""The handed cases: rows that used to come out silently wrong, and layouts that people really have."""

import json
from pathlib import Path

import pytest

from finesift.pipeline import prep
from finesift.read import read
from finesift.recipe import Recipe


@pytest.fixture(scope="module")
def cases(data_folder):
    folder = Path(data_folder).parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: no handed cases to read")
    return {file.stem: json.loads(file.read_bytes()) for file in folder.glob("*.json")}


def corpus_of(rows, folder):
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return read([str(file)])


def found(rows, folder):
    """The names of the checks that say something of each row, and how it was decided."""
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    recipe = Recipe.parse({"data": {"train": [str(file)]}, "split": {"validation": 0, "test": 0}})
    run = prep(recipe, folder / "run")
    findings = run.findings()
    outcomes = dict(run.table("decisions").select("example", "outcome").iter_rows())
    return [
        (outcomes.get(number), set(findings.filter(findings["example"] == number)["check"].to_list()))
        for number in run.table("examples")["example"]
    ]


def test_labels_make_rated_answers(cases, tmp_path):
    corpus = corpus_of(cases["quiet"]["labels"], tmp_path)
    assert corpus.examples["label"].to_list() == [False] * 5 + [True]


def test_what_is_not_to_be_trained_is_not(cases, tmp_path):
    corpus = corpus_of(cases["quiet"]["do_not_train"], tmp_path)
    answers = corpus.turns.filter(corpus.turns["role"] == "assistant")
    assert answers["train"].to_list() == [False, True, False, True, None]


def test_reasoning_is_looked_at(cases, tmp_path):
    (_, first), (outcome, second) = found(cases["quiet"]["blind_places"], tmp_path)
    assert "special_tokens" in first and "repetition" in second and outcome == "set_aside"


def test_copies_that_are_none_stay(cases, tmp_path):
    assert all(
        outcome != "set_aside" for outcome, _ in found(cases["quiet"]["copies_that_are_none"], tmp_path)
    )


def test_pairs_have_both_sides(cases, tmp_path):
    corpus = corpus_of(cases["quiet"]["pairs"], tmp_path)
    assert corpus.examples["shape"].to_list()[:2] == ["preference"] * 2
    assert corpus.turns.filter(corpus.turns["example"] == 2)["content"].to_list() == ["Name a star.", "Vega."]


def test_instructions_are_read_or_named(cases, tmp_path):
    corpus = corpus_of(cases["quiet"]["instructions"], tmp_path)
    first = corpus.turns.unique("example", keep="first", maintain_order=True)
    assert first["role"].to_list() == ["system", "system", "system", "user"]
    assert corpus.notes.filter(corpus.notes["example"] == 3)["kind"].to_list() == ["unread_field"]


@pytest.mark.parametrize(
    "name, check",
    [
        ("pictures", "unread_media"),
        ("results", "tool_calls"),
        ("data_frame", "unread_field"),
        ("reasoning", "stray_reasoning"),
    ],
)
def test_others_are_named(cases, name, check, tmp_path):
    assert check in found(cases["quiet"][name], tmp_path)[0][1]


def test_options_stand_in_the_prompt(cases, tmp_path):
    corpus = corpus_of(cases["quiet"]["choices"], tmp_path)
    assert corpus.turns["content"].to_list()[1::2] == ["B. 11", "B. 11"]


def test_every_layout_comes_out_as_a_person_means_it(cases, tmp_path):
    for case in cases["formats"]:
        kind, wanted = case["expect"]
        folder = tmp_path / case["name"]
        folder.mkdir()
        corpus = corpus_of(case["rows"], folder)
        roles = " ".join(corpus.turns["role"].to_list())
        said = json.dumps(corpus.turns.to_dicts()) + json.dumps(corpus.notes.to_dicts())
        if kind in ("roles", "roles+finding"):
            assert roles == wanted.split("|")[0], case["name"]
        if "finding" in kind:
            assert any(wanted.split("|")[-1] in checks for _, checks in found(case["rows"], folder)), case[
                "name"
            ]
        elif kind in ("call", "answer", "reasoning", "named"):
            assert wanted in said, case["name"]
