"""A run folder that somebody received: what was changed in it is named."""

import json
import shutil

import orjson
import pytest

from finesift import pipeline
from finesift.corpus import chat
from finesift.errors import RunError, UsageError
from finesift.recipe import Recipe
from finesift.run import Run, unseal
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
    return pipeline.prep(recipe, folder / "run").path


@pytest.fixture
def run(made, tmp_path):
    return Run.open(shutil.copytree(made, tmp_path / "run"))


def test_a_run_as_it_was_made_has_no_faults(run):
    assert verify(run.path) == []


def test_the_test_set_is_written_out_whole_and_the_opening_is_on_record(run):
    path = unseal(run, why="final evaluation", who="Ada")
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
