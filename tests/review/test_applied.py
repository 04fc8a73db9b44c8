"""Decisions, corrections and lots, as they reach the training set."""

import json

import pytest

from finesift import pipeline
from finesift.errors import RecipeError, RunError
from finesift.recipe import Recipe
from finesift.review.journal import Journal
from finesift.review.lots import GATE
from finesift.run import Run
from finesift.verify import verify
from review.conftest import made


def redecided(run, tmp_path):
    decisions = {"decisions": str(run.path / "decisions.jsonl")}
    recipe = Recipe.parse(run.manifest["recipe"]).merge(policy=decisions)
    return pipeline.redecide(run, recipe, tmp_path / "run2")


def judge(run, id_, outcome="keep", by="anna", **more):
    journal = Journal(run.path / "decisions.jsonl")
    key = f"{by} {id_} {len(journal.entries)}"
    return journal.append(key=key, act="decide", by=by, id=id_, outcome=outcome, **more)[0]


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def fates(run):
    rows = run.table("examples").join(run.table("splits"), on="example")
    return dict(rows.select("id", "fate").cast(str).iter_rows())


def test_a_journal_decides_and_undone_lines_do_not(run, tmp_path):
    asked = [row["id"] for row in lines(run.path / "review.jsonl")]
    one, other = asked[:2]
    judge(run, one, "set_aside", why="names its maker")
    gone = judge(run, other, "set_aside")
    Journal(run.path / "decisions.jsonl").append(key="undo it", act="undo", by="anna", undoes=gone.number)
    after = redecided(run, tmp_path)
    assert fates(after)[one] == "set_aside"
    assert fates(after)[other] == fates(run)[other]
    assert (after.row(one).by, after.row(one).why) == ("anna", "names its maker")
    assert after.manifest["review"]["journal"]["lines"] == 3
    assert verify(after.path) == []
    for page in ("report.md", "report.html", "README.md"):
        assert "1 person decided on 1 row" in (after.path / page).read_text()
    judge(run, other)  # the journal may grow
    assert verify(after.path) == []
    journal = run.path / "decisions.jsonl"
    journal.write_text(journal.read_text().splitlines(keepends=True)[0])
    assert "does not hold the decisions" in verify(after.path)[0]


def test_a_correction_reaches_the_training_set_and_meets_the_checks(run, tmp_path, program):
    asked = lines(run.path / "review.jsonl")[0]["id"]
    judge(
        run,
        asked,
        edits=[{"turn": 1, "content": "Call sk-proj-Zk3vT9mQw8LrY2bN5xHc7JdF4gPs6AuE1iOyRtKe now."}],
    )
    after = redecided(run, tmp_path)
    assert "self_identity" not in {one["check"] for one in after.row(asked).findings}
    assert "secrets" in {one["check"] for one in after.row(asked).findings}
    texts = {row["id"]: row["messages"][-1]["content"] for row in lines(after.path / "train.jsonl")}
    assert texts[asked].startswith("Call sk-proj")
    assert after.manifest["review"]["edited"] == [asked]
    (edit,) = after.row(asked).edits
    assert edit["before"] == run.row(asked).messages[1]["content"]
    assert (edit["after"], edit["by"]) == (texts[asked], "anna")
    assert "message 2 was corrected by anna" in program("show", after.path, asked, check=0).stdout
    again = pipeline.redecide(after, Recipe.parse(after.manifest["recipe"]), tmp_path / "run3")
    assert (again.path / "train.jsonl").read_bytes() == (after.path / "train.jsonl").read_bytes()


LOTS = {"lots": {"synthetic": {"max_error": 0.3, "confidence": 0.8}}}


def synthetic(run):
    rows = run.table("examples").join(run.table("splits"), on="example")
    return rows.filter(rows["extra"].str.contains("synthetic").fill_null(False) & ~rows["sealed"])[
        "id"
    ].to_list()


def test_a_lot_is_set_aside_until_it_passed(tmp_path):
    run = made(tmp_path, 60, review=LOTS)
    lot = synthetic(run)
    assert {fates(run)[id_] for id_ in lot} == {"set_aside"}
    assert run.row(lot[0]).by == GATE
    for id_ in lot[:9]:
        judge(run, id_, lot="synthetic")
    after = redecided(run, tmp_path)
    (gate,) = after.manifest["review"]["lots"]
    assert gate["answer"] == "accepted"
    assert {fates(after)[id_] for id_ in lot} == {"train"}


def test_of_a_lot_that_failed_only_what_a_person_kept_is_trained(tmp_path):
    run = made(tmp_path, 60, review=LOTS)
    lot = synthetic(run)
    judge(run, lot[0], lot="synthetic")
    for id_ in lot[1:5]:
        judge(run, id_, "set_aside", lot="synthetic")
    after = redecided(run, tmp_path)
    assert after.manifest["review"]["lots"][0]["answer"] == "rejected"
    assert fates(after)[lot[0]] == "train"
    assert {fates(after)[id_] for id_ in lot[1:]} == {"set_aside"}
    assert "rejected" in after.row(lot[-1]).why


def test_skipped_rows_count_as_wrong(tmp_path):
    run = made(tmp_path, 60, review=LOTS)
    for id_ in synthetic(run)[:9]:
        judge(run, id_, "skip", lot="synthetic")
    (gate,) = redecided(run, tmp_path).manifest["review"]["lots"]
    assert (gate["errors"], gate["skipped"], gate["answer"]) == (9, 9, "rejected")


def test_a_lot_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="'synthetics' is no lot"):
        made(tmp_path, 10, review={"lots": {"synthetics": {}}})


def test_a_journal_that_was_changed_decides_nothing(run, tmp_path):
    for id_ in run.table("examples")["id"][:3]:
        judge(run, id_)
    file = run.path / "decisions.jsonl"
    file.write_text(file.read_text().replace('"keep"', '"set_aside"', 1))
    with pytest.raises(RunError, match="changed or taken out"):
        redecided(run, tmp_path)
    assert isinstance(Run.open(run.path), Run)
