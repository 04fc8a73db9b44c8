"""Deciding again: other limits, or a person's word, from what was measured once."""

import json

import polars as pl
import pytest

from finesift import pipeline
from finesift.errors import InputError, RecipeError
from finesift.recipe import Recipe

ANSWER = (
    "Let the dough rest until it has doubled and springs back slowly when you press it, which takes longer in a cold "
    "kitchen than any recipe says. Then bake it hot, with steam, and leave the door shut for the first half hour."
)


def chat(prompt, answer):
    return {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]}


@pytest.fixture
def recipe(tmp_path):
    rows = [chat(f"Question number {n} about something?", f"It is the {n}th thing.") for n in range(60)]
    rows += [
        chat("Why is my bread flat?", ANSWER),
        chat("Why is my bread flat?", ANSWER.replace("shut", "closed")),
    ]
    rows += [chat("Say nothing.", "")]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Recipe.parse({"data": {"train": [str(data)]}, "model": {"count_tokens": False}})


def outcomes(run):
    ids = run.table("examples").select("example", "id")
    return dict(run.table("decisions").join(ids, on="example").select("id", "outcome").iter_rows())


def test_at_the_same_limits_the_run_is_the_same(recipe, tmp_path):
    first = pipeline.prep(recipe, tmp_path / "first")
    again = pipeline.redecide(first, recipe, tmp_path / "again")
    assert again.manifest["summary"] == first.manifest["summary"]
    for name, written in first.manifest["outputs"].items():
        if not name.endswith((".md", ".html")):  # reports name the run
            assert again.manifest["outputs"][name] == written, name


def test_at_other_limits_it_is_as_if_prepared_with_them(recipe, tmp_path):
    first = pipeline.prep(recipe, tmp_path / "first")
    assert "set_aside" in [
        outcome for outcome, text in zip(outcomes(first).values(), outcomes(first), strict=True)
    ]
    strict = recipe.with_limits(["near_duplicate.set_aside=0.99", "empty_answer.set_aside=never"])
    again = pipeline.redecide(first, strict, tmp_path / "again")
    assert outcomes(again) == outcomes(pipeline.prep(strict, tmp_path / "afresh"))
    assert list(outcomes(again).values()).count("set_aside") == 0
    splits = [run.table("splits").select("example", "group", "split") for run in (first, again)]
    assert splits[0].equals(splits[1]), "no row changes its split"


def test_nothing_is_measured_again(recipe, tmp_path, monkeypatch):
    first = pipeline.prep(recipe, tmp_path / "first")
    monkeypatch.setattr(pipeline, "look", lambda *_: pytest.fail("measured again"))
    pipeline.redecide(
        first,
        recipe.with_limits(["near_duplicate.set_aside=0.5", "near_duplicate.review=0.5"]),
        tmp_path / "b",
    )


def test_a_persons_decision_outranks_the_policy_and_names_them(recipe, tmp_path):
    first = pipeline.prep(recipe, tmp_path / "first")
    aside = [id_ for id_, outcome in outcomes(first).items() if outcome == "set_aside"]
    kept = next(id_ for id_, outcome in outcomes(first).items() if outcome == "keep")
    said = [
        {"id": aside[0], "outcome": "keep", "by": "Ada"},
        {"id": kept, "outcome": "set_aside", "why": "off topic"},
    ]
    file = tmp_path / "decisions.jsonl"
    file.write_text("".join(json.dumps(decision) + "\n" for decision in said))
    again = pipeline.redecide(first, recipe.merge(policy={"decisions": str(file)}), tmp_path / "again")
    assert outcomes(again)[aside[0]] == "keep" and outcomes(again)[kept] == "set_aside"
    by = again.table("decisions").join(again.table("examples"), on="example").filter(pl.col("by") != "policy")
    assert dict(by.select("id", "by").iter_rows()) == {aside[0]: "Ada", kept: "a person"}


def test_inputs_that_changed_are_refused(recipe, tmp_path):
    first = pipeline.prep(recipe, tmp_path / "first")
    (tmp_path / "data.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match=r"not what .* was made from"):
        pipeline.redecide(first, recipe, tmp_path / "again")


@pytest.mark.parametrize(
    "line, error",
    [
        ("nothing", "is no decision"), ('{"id": "x"}', "is no decision"), ("7", "is no decision"),
        ('{"id": "x", "outcome": "drop"}', "not one of keep, review, set_aside"),
        ('{"id": "x", "outcome": "keep"}', "no row has the id"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_decision_is_named(recipe, tmp_path, line, error):
    file = tmp_path / "decisions.jsonl"
    file.write_text(f"\n{line}\n")
    with pytest.raises(RecipeError, match=f"decisions.jsonl:2: .*{error}"):
        pipeline.prep(recipe.merge(policy={"decisions": str(file)}), tmp_path / "run")


def test_a_limit_that_is_none_is_named(recipe):
    for wrong in ("near_duplicate", "near_duplicate.set_aside", "near_duplicate.drop=1", "x=0.4"):
        with pytest.raises(RecipeError, match="is no limit"):
            recipe.with_limits([wrong])
    with pytest.raises(RecipeError, match="above set_aside"):
        recipe.with_limits(["near_duplicate.set_aside=0.5"])


def test_from_the_command_line(recipe, program):
    program("prep", *recipe.data.train, "-o", "run", "--no-tokens", check=0)
    done = program(
        "decide", "run", "--limit", "near_duplicate.set_aside=0.99", "-o", "run2", "--json", check=0
    )
    assert json.loads(done.stdout)["fates"]["set_aside"] == 1
    assert (
        "not known"
        in program("decide", "run", "--limit", "near_duplicat.review=0.9", "-o", "run3", check=2).stderr
    )
