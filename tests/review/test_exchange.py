"""Work to and from the tools that teams have."""

import csv
import json

import pytest

from finesift.errors import InputError, UsageError
from finesift.review.desk import Desk
from finesift.review.exchange import export, load
from finesift.review.journal import settled


@pytest.fixture
def desk(run):
    desk = Desk(run, "anna")
    first, second = desk.deal("tab", "first", 2, [])
    desk.decide(key="first-key", id_=first["id"], outcome="set_aside", version_seen=first["id"], why="=1+1")
    desk.decide(key="second-key", id_=second["id"], outcome="keep", version_seen=second["id"])
    return desk


@pytest.mark.parametrize("name", ["labels.csv", "argilla.jsonl", "label-studio.json"])
def test_decisions_come_back_as_they_went(desk, tmp_path, name):
    file = tmp_path / name
    assert export(desk, file, "first") == desk.order.rows.height
    assert load(desk, file) == (0, 2)
    desk.journal.path.unlink()
    again = Desk(desk.run, "ben")
    assert load(again, file) == (2, 0)
    assert load(again, file) == (0, 2)
    assert sorted(settled(again.journal).select("id", "outcome", "by").iter_rows()) == sorted(
        settled(desk.journal).select("id", "outcome", "by").iter_rows()
    )


def test_no_cell_of_a_table_is_a_formula(desk, tmp_path):
    export(desk, tmp_path / "labels.csv", "first")
    with (tmp_path / "labels.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    "row, told",
    [
        ("ffffffffffffffff,keep", "no open row"),
        ("{id},maybe", "says 'maybe'"),
        ("{id},kepe", "Did you mean keep"),
    ],
)
def test_a_decision_that_cannot_be_meant_writes_nothing(desk, tmp_path, row, told):
    file = tmp_path / "labels.csv"
    good = desk.order.rows["id"][0]
    file.write_text(f"id,outcome\n{good},keep\n{row.format(id=good)}\n")
    before = desk.journal.path.read_bytes()
    with pytest.raises(InputError, match=told):
        load(desk, file)
    assert desk.journal.path.read_bytes() == before


@pytest.mark.parametrize(
    "name, content", [("argilla.jsonl", "[1]"), ("label-studio.json", "{}x"), ("labels.csv", "a\n1")]
)
def test_another_file_is_one_clear_error(desk, tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=name):
        load(desk, tmp_path / name)


def test_the_name_says_the_form(desk, tmp_path):
    with pytest.raises(UsageError, match="the name says the form"):
        export(desk, tmp_path / "labels.xlsx", "first")


def test_the_command_exports_and_tells(run, program):
    done = program("review", run.path, "--export", "label-studio.json", "--json", check=0)
    assert json.loads(done.stdout)["exported"] > 40
    assert "rows were written" in program("review", run.path, "--export", "labels.csv", check=0).stdout
