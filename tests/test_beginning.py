"""`finesift init` writes a recipe that runs, loses nothing and says what it could not know; the schema knows it too."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from finesift.beginning import survey
from finesift.corpus import chat
from finesift.data import tokenizer_folder
from finesift.recipe import LIMITS, Recipe
from finesift.recipe_schema import schema

ROWS = [chat(f"How much is {n} and {n}?", f"It is {2 * n}.") for n in range(30)]
EXAMPLE = Path(__file__).parents[1] / "examples/support"


def write(folder, name, rows):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), "utf-8")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "raw/chats.jsonl", ROWS)
    write(
        tmp_path,
        "raw/agent.jsonl",
        [{"messages": [{"role": "user", "content": "Hi."}, {"role": "agent", "content": "Yes."}]}],
    )
    write(tmp_path, "eval/gsm8k_test.jsonl", [{"question": "Two and two?", "answer": "Four."}])
    write(tmp_path, "package.json", ['{"name": "shop"}'])
    write(tmp_path, "node_modules/x/data.jsonl", ROWS)
    write(tmp_path, "empty.jsonl", [])
    (tmp_path / "model").mkdir()
    for file in tokenizer_folder().iterdir():
        shutil.copy(file, tmp_path / "model")
    return tmp_path


def test_files_are_named_for_what_they_are(folder):
    found = survey(folder)
    assert [one.name for one in found.train] == ["raw/agent.jsonl", "raw/chats.jsonl"]
    assert [one.name for one in found.held_out] == ["eval/gsm8k_test.jsonl"]
    assert found.tokenizers == ["model"] and found.roles == {"agent": "assistant"}


def test_a_file_of_which_no_row_is_read_is_named_and_not_taken(folder):
    assert [one.name for one in survey(folder).unused] == ["empty.jsonl"]
    assert "# Not taken: empty.jsonl" in survey(folder).to_toml()


def test_the_recipe_that_is_written_runs(folder, program):
    done = program("init", folder, check=0)
    assert f"Next:  finesift inspect --recipe {folder / 'recipe.toml'}" in done.stdout
    raw = tomllib.loads((folder / "recipe.toml").read_text())
    assert raw["data"]["train"] == ["raw/agent.jsonl", "raw/chats.jsonl"]
    assert raw["held_out"] == {"gsm8k_test": "eval/gsm8k_test.jsonl"} and raw["model"]["tokenizer"] == "model"
    assert Recipe.load(folder / "recipe.toml").data.roles == {"agent": "assistant"}
    figures = json.loads(program("inspect", "--recipe", folder / "recipe.toml", "--json", check=0).stdout)
    assert figures["rows"] == 31 and figures["next"]["unreadable"] == 0


def test_a_role_that_may_be_anybody_is_asked_about_and_not_trained(tmp_path):
    told = [{"role": "user", "content": "Hi."}, {"role": "moderator", "content": "Yes."}]
    write(tmp_path, "a.jsonl", [*ROWS, {"messages": told}])
    text = survey(tmp_path).to_toml()
    assert "roles" not in tomllib.loads(text)["data"] and '# roles = { moderator = "assistant" }' in text


def test_nothing_is_replaced_unasked(folder, program):
    (folder / "recipe.toml").write_text("[data]\n")
    assert "--force" in program("init", folder, check=2).stderr
    assert (folder / "recipe.toml").read_text() == "[data]\n"
    program("init", folder, "--force", check=0)


def test_a_folder_without_rows_is_said_to_have_none(tmp_path, program):
    assert "no file of rows" in program("init", tmp_path, check=2).stderr
    assert "is no folder" in program("init", tmp_path / "none", check=2).stderr


def test_a_run_is_no_data(folder, program):
    program("init", folder, check=0)
    program("prep", "--recipe", folder / "recipe.toml", "-o", folder / "run", "-q", check=0)
    assert len(survey(folder).train) == 2


def test_a_large_file_is_looked_at_by_its_beginning(folder, monkeypatch):
    monkeypatch.setattr("finesift.beginning.HEAD", 600)
    found = {one.name: one for one in survey(folder).train}["raw/chats.jsonl"]
    assert not found.whole and 0 < found.rows < 30 and "the first" in found.said


def test_names_from_a_folder_stay_names(tmp_path):
    name = 'a"b\x1b[31m\u202e.jsonl'
    write(tmp_path, name, ROWS)
    text = survey(tmp_path).to_toml()
    assert tomllib.loads(text)["data"]["train"] == [name]
    assert "\x1b" not in text


def test_the_example_is_found_whole():
    found = survey(EXAMPLE)
    assert {one.name for one in found.train} == {
        "chats.jsonl",
        "forum_sharegpt.jsonl",
        "legacy_faq.json",
        "tickets.csv",
    }
    assert [one.name for one in found.held_out] == ["held_out.jsonl"] and found.plans == ["behaviours.toml"]
    assert {"agent"} <= set(found.roles)


def properties(made, section):
    """The settings of a section: a reference to a definition, with a default beside it."""
    value = made["properties"][section]
    reference = value.get("$ref") or value["allOf"][0]["$ref"]
    return made["definitions"][reference.rpartition("/")[2]]["properties"]


def test_the_schema_names_every_setting_and_every_check():
    made = schema()
    raw = tomllib.loads(Recipe().to_toml())
    for section in ("data", "model", "split", "policy", "coverage", "review", "training"):
        assert set(raw[section]) <= set(properties(made, section)), section
    assert set(LIMITS) <= set(made["properties"]["limits"]["properties"])
    assert set(LIMITS) <= set(made["properties"]["checks"]["properties"])
    assert "$defs" not in json.dumps(made) and made["additionalProperties"] is False


def test_the_schema_is_printed(program):
    assert json.loads(program("recipe", "--schema", check=0).stdout)["title"] == "A recipe of Finesift"


def test_a_dry_run_says_where_rows_go_and_writes_nothing(jsonl, program, tmp_path):
    file = jsonl(ROWS)
    before = sorted(path.name for path in tmp_path.iterdir())
    done = program("prep", file, "-o", "run", "--dry-run", check=0)
    assert "Nothing was written" in done.stdout and "train" in done.stdout
    told = json.loads(program("prep", file, "--dry-run", "--json", check=0).stdout)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    program("prep", file, "-o", "run", "-q", check=0)
    manifest = json.loads((tmp_path / "run/manifest.json").read_text())
    assert told["fates"] == manifest["summary"]["fates"] and told["checks"] == manifest["summary"]["checks"]
