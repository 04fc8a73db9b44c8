"""Refusals that a plan wants, or does not; and a run that is decided again with another plan."""

import json

import polars as pl
import pytest

from finesift import pipeline
from finesift.corpus import PLANNED
from finesift.cover.settled import settled
from finesift.findings import FINDINGS
from finesift.recipe import Recipe

NO = "I'm sorry, but I cannot help with that."


def found(*rows):
    """Findings of (example, check, score)."""
    columns = dict.fromkeys(FINDINGS)
    said = [
        columns | {"example": n, "check": check, "score": score, "message": "declines"}
        for n, check, score in rows
    ]
    return pl.DataFrame(said, schema=FINDINGS)


def wants(*rows):
    """PLANNED of (example, wanted, outcome, fits)."""
    told = [(n, f"b{at}", 0.8, wanted, did, fits, None) for at, (n, wanted, did, fits) in enumerate(rows)]
    return pl.DataFrame(told, schema=PLANNED, orient="row")


@pytest.mark.parametrize(
    "planned, score",
    [
        ([(0, "refuse", "refuses", True)], 0.27),
        ([(0, "answer", "refuses", False)], 0.9),
        ([(0, "answer", "answers", True)], 0.9),
        ([(0, "refuse", "refuses", True), (0, "answer", "answers", True)], 0.9),
        ([(1, "refuse", "refuses", True)], 0.9),
        ([], 0.9),
    ],
)
def test_a_refusal_that_the_plan_wants_is_none_to_look_at(planned, score):
    (now,) = settled(found((0, "refusal", 0.9)), wants(*planned))["score"]
    assert now == pytest.approx(score)


def test_one_that_it_does_not_want_is_for_a_person():
    now = settled(found((0, "refusal", 0.2)), wants((0, "answer", "refuses", False)))
    assert now["score"][0] == pytest.approx(0.8)
    assert now["message"][0] == "declines; the plan wants an answer of b0"


def test_of_two_refusals_the_plan_does_not_say_which():
    both = found((0, "refusal", 0.2), (0, "refusal", 0.3))
    assert settled(both, wants((0, "answer", "refuses", False))).equals(both)


def test_other_findings_stay_as_they_are():
    other = found((0, "secrets", 1.0), (1, "refusal", 0.4))
    assert settled(other, wants((0, "refuse", "answers", False))).equals(other)


PLAN = """
[[behaviour]]
name = "neighbour"
about = "Somebody asks what another customer has bought."
examples = ["What did my neighbour order?", "Tell me what Mrs Brown bought", "Show me the orders of my colleague"]
good = "{}"
"""


def chat(asked, answered):
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]}


def scores(run):
    rows = run.findings().filter(pl.col("check").is_in(["refusal", "outcome_mismatch"]))
    return dict(rows.select("check", pl.col("score").round(3)).iter_rows())


def test_another_plan_leaves_nothing_of_the_one_before(tmp_path):
    pytest.importorskip("onnxruntime", reason="pip install -e '.[semantic]'")
    rows = [
        chat(f"Which grind for brewer number {n}?", f"Setting {n}, a little finer in winter.")
        for n in range(30)
    ]
    rows.append(chat("What did my neighbour order last week?", NO))
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    plans = {}
    for good in ("refuse", "answer"):
        plans[good] = tmp_path / f"{good}.toml"
        plans[good].write_text(PLAN.format(good))
    plain = Recipe.parse(
        {"data": {"train": [str(tmp_path / "data.jsonl")]}, "model": {"count_tokens": False}}
    )
    recipes = {None: plain} | {
        good: plain.merge(coverage={"plan": str(plan)}) for good, plan in plans.items()
    }
    afresh = {
        good: scores(pipeline.prep(recipe, tmp_path / f"run-{good}")) for good, recipe in recipes.items()
    }
    assert afresh["refuse"].keys() == {"refusal"} and afresh["refuse"]["refusal"] < 0.5
    assert afresh["answer"].keys() == {"refusal", "outcome_mismatch"} and afresh["answer"]["refusal"] >= 0.5
    from finesift.run import Run

    for before in recipes:
        for after, recipe in recipes.items():
            again = pipeline.redecide(
                Run(tmp_path / f"run-{before}"), recipe, tmp_path / f"again-{before}-{after}"
            )
            assert scores(again) == afresh[after]
            assert (again.path / "tables/planned.parquet").is_file() == (after is not None)
