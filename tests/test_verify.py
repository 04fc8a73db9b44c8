"""A run folder that somebody received: what was changed in it is named."""

import json
import shutil

import orjson
import pytest
import zstandard

from finesift.corpus import chat
from finesift.errors import RunError, UsageError
from finesift.pipeline import prep, redecide
from finesift.recipe import Recipe
from finesift.run import Run, sha256
from finesift.unsealing import unseal
from finesift.verify import verify


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    file = folder / "data.jsonl"
    file.write_text(
        "\n".join(json.dumps(chat(f"What comes after the number {n}?", f"{n + 1}")) for n in range(200))
    )
    recipe = Recipe.parse(
        {"data": {"train": [str(file)]}, "model": {"count_tokens": False}, "split": {"test": 0.2}}
    )
    return prep(recipe, folder / "run").path


@pytest.fixture
def run(made, tmp_path):
    return Run.open(shutil.copytree(made, tmp_path / "run"))


def test_a_run_as_it_was_made_has_no_faults(run):
    assert verify(run.path) == []


def test_the_test_set_is_written_out_whole_and_the_opening_is_on_record(run):
    (path,) = unseal(run, why="final evaluation", who="Ada")
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert len(rows) == run.manifest["summary"]["fates"]["test"]
    (opening,) = [
        orjson.loads(line) for line in (run.path / "sealed/openings.jsonl").read_bytes().splitlines()
    ]
    assert (opening["who"], opening["why"], opening["number"]) == ("Ada", "final evaluation", 1)
    assert verify(run.path) == []
    for name in ("report.md", "README.md"):
        assert "opened once" in (run.path / name).read_text()


def test_after_the_second_opening_it_is_called_a_validation_set(run):
    unseal(run, why="one")
    unseal(Run.open(run.path), why="two")
    assert verify(run.path) == []
    for name in ("report.md", "README.md"):
        assert "opened 2 times: what is looked at twice is a validation set" in (run.path / name).read_text()


def test_the_seal_is_not_opened_without_a_reason(run):
    with pytest.raises(UsageError, match="for a reason"):
        unseal(run, why=" ")


def edit(file, change):
    file.write_bytes(change(file.read_bytes()))


@pytest.mark.parametrize(
    "name", ["train.jsonl", "sealed/test.jsonl.zst", "set_aside.jsonl", "report.md", "tables/splits.parquet"]
)
def test_an_edited_file_is_named(run, name):
    edit(run.path / name, lambda content: content + b" ")
    assert any(fault.startswith(f"{name} is not what was written") for fault in verify(run.path))


def test_a_missing_file_is_named(run):
    (run.path / "validation.jsonl").unlink()
    assert verify(run.path) == ["validation.jsonl is missing."]


def test_a_truncated_manifest_is_named(run):
    edit(run.path / "manifest.json", lambda content: content[:100])
    (fault,) = verify(run.path)
    assert "manifest.json is damaged" in fault


def test_counts_that_were_changed_are_named(run):
    edit(run.path / "manifest.json", lambda c: c.replace(b'"set_aside": 0', b'"set_aside": 7', 1))
    assert any("do not add up" in fault for fault in verify(run.path))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:-1],
        lambda lines: lines[1:],
        lambda lines: [],
        lambda lines: [lines[0].replace(b"one", b"two"), *lines[1:]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [lines[1], lines[0]],
        lambda lines: [b"{", *lines],
    ],
)
def test_a_record_of_openings_that_was_altered_is_named_and_not_added_to(run, change):
    unseal(run, why="one")
    unseal(Run.open(run.path), why="two")
    record = run.path / "sealed/openings.jsonl"
    record.write_bytes(b"".join(line + b"\n" for line in change(record.read_bytes().splitlines())))
    (fault,) = verify(run.path)
    assert fault.startswith("sealed/openings.jsonl")
    with pytest.raises(RunError):
        unseal(Run.open(run.path), why="three")


def test_a_record_that_was_taken_away_is_named(run):
    unseal(run, why="one")
    (run.path / "sealed/openings.jsonl").unlink()
    assert len(verify(run.path)) == 1


def test_what_is_no_run_is_bad_usage(tmp_path):
    with pytest.raises(UsageError):
        verify(tmp_path)


def test_verify_and_unseal_from_the_command_line(run, program):
    assert "hold" in program("verify", run.path, check=0).stdout
    assert "on record" in program("unseal", run.path, "--why", "to see", check=0).stdout
    edit(run.path / "train.jsonl", lambda content: content[1:])
    done = program("verify", run.path, "--json", check=1)
    assert json.loads(done.stdout)["faults"][0].startswith("train.jsonl")


def test_a_test_row_copied_into_training_is_named_even_if_the_hashes_were_made_anew(run):
    sealed = (
        zstandard.ZstdDecompressor().stream_reader((run.path / "sealed/test.jsonl.zst").read_bytes()).read()
    )
    rows = (run.path / "train.jsonl").read_bytes().splitlines(keepends=True)
    words = "the sealed row tells of a number that comes after another one as everybody has known for very long now"
    told = [orjson.loads(rows[0]), orjson.loads(sealed.splitlines()[0])]
    for row in told:
        row["messages"][0]["content"] = words
    train = orjson.dumps(told[0]) + b"\n" + b"".join(rows[1:])
    test = orjson.dumps(told[1]) + b"\n" + b"".join(sealed.splitlines(keepends=True)[1:])
    (run.path / "train.jsonl").write_bytes(train)
    (run.path / "sealed/test.jsonl.zst").write_bytes(zstandard.compress(test))
    manifest = orjson.loads((run.path / "manifest.json").read_bytes())
    for name in ("train.jsonl", "sealed/test.jsonl.zst"):
        manifest["outputs"][name]["sha256"] = sha256(run.path / name)
    (run.path / "manifest.json").write_bytes(orjson.dumps(manifest))
    faults = verify(run.path)
    assert faults
    assert all(fault.startswith("the split is not as far apart as manifest.json says") for fault in faults)


def test_a_training_row_taken_out_is_named_even_if_the_hashes_were_made_anew(run):
    edit(run.path / "train.jsonl", lambda content: content.partition(b"\n")[2])
    manifest = orjson.loads((run.path / "manifest.json").read_bytes())
    manifest["outputs"]["train.jsonl"]["sha256"] = sha256(run.path / "train.jsonl")
    (run.path / "manifest.json").write_bytes(orjson.dumps(manifest))
    assert verify(run.path) == ["train.jsonl does not hold the rows that tables/splits.parquet sends there."]


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"outputs": [], "summary": {}}', b"null"])
def test_a_manifest_that_is_none_is_named(run, content):
    (run.path / "manifest.json").write_bytes(content)
    assert len(verify(run.path)) == 1


def test_a_manifest_cannot_point_outside_the_run(run):
    manifest = orjson.loads((run.path / "manifest.json").read_bytes())
    manifest["outputs"]["../data.jsonl"] = {"sha256": ""}
    (run.path / "manifest.json").write_bytes(orjson.dumps(manifest))
    assert verify(run.path) == ["manifest.json names '../data.jsonl', which is outside the run."]


def test_openings_follow_the_test_set_into_another_decision(made, tmp_path):
    run = Run.open(shutil.copytree(made, tmp_path / "run"))
    unseal(run, why="one", who="Ada")
    opened = Run.open(run.path)
    after = redecide(opened, Recipe.parse(opened.manifest["recipe"]), tmp_path / "again")
    assert after.manifest["openings"] == 1
    assert "opened once" in (after.path / "README.md").read_text()
    assert verify(after.path) == []


def test_openings_follow_the_rows_that_another_test_set_shares(made, tmp_path):
    run = Run.open(shutil.copytree(made, tmp_path / "run"))
    unseal(run, why="one", who="Ada")
    opened = Run.open(run.path)
    recipe = Recipe.parse(opened.manifest["recipe"]).merge(split={"test": 0.3})
    after = redecide(opened, recipe, tmp_path / "again")
    assert after.manifest["seen_before"]["rows"] > 0
    assert "in a test set that was opened before" in (after.path / "README.md").read_text()
    assert verify(after.path) == []


def test_a_run_that_is_replaced_by_force_does_not_forget(jsonl, tmp_path):
    file = jsonl(
        [chat(f"Name river {n} of the {n % 7} valleys.", f"The {n}th is the Arle.") for n in range(120)]
    )
    recipe = Recipe.parse({"data": {"train": [str(file)]}})
    unseal(prep(recipe, tmp_path / "run"), why="one")
    again = prep(recipe, tmp_path / "run", force=True)
    assert again.manifest["openings"] == 1 and verify(again.path) == []


def test_force_does_not_delete_what_no_run_wrote(jsonl, tmp_path):
    file = jsonl([chat("Name a river.", "The Arle.")])
    recipe = Recipe.parse({"data": {"train": [str(file)]}})
    run = prep(recipe, tmp_path / "run")
    (run.path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        prep(recipe, tmp_path / "run", force=True)
