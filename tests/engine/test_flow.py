"""Over shards, whatever they are, a run is what it is in memory."""

import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from finesift import pipeline
from finesift.corpus import chat, pair
from finesift.engine import across, flow
from finesift.engine.memory import Sizes, sizes_within
from finesift.engine.tasks import Local
from finesift.errors import RecipeError, UsageError
from finesift.read.records import stream
from finesift.recipe import Recipe
from finesift.registry import load_checks

from .alike import assert_alike, lines

WORDS = [
    a + b + c for a in ("bra", "cle", "dor", "fin", "gam") for b in "aeiou" for c in ("l", "mer", "nt", "s")
]
#: What compares by meaning: it takes longer than the rest.
BY_MEANING = ("paraphrase_duplicate", "same_meaning_prompt")
SMALL = Sizes(2, shard=1, bucket=4_000)


def said(draw, least, most):
    return " ".join(draw.choices(WORDS, k=draw.randint(least, most)))


def rows_of(seed, count=160):
    """Rows with all that compares them: copies, copies but for case or spacing, near copies, one prompt and several
    answers, pieces of one conversation, parents, pairs, labels, fields that nobody reads, and what is no row."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        kind = draw.randrange(16)
        known = draw.choice(rows) if rows and kind < 9 else None
        if isinstance(known, dict) and isinstance(known.get("messages"), list):
            row = json.loads(json.dumps(known))
            last = row["messages"][-1]
            if kind == 1:
                last["content"] = last["content"].upper()
            elif kind == 2:
                last["content"] = last["content"].replace(" ", "  ")
            elif kind == 3:
                last["content"] = said(draw, 5, 30)
            elif kind < 7:
                words = last["content"].split()
                words[draw.randrange(len(words))] = draw.choice([*WORDS, "7", "not"])
                last["content"] = " ".join(words)
            elif kind == 7:
                row["parent_id"] = f"doc_{draw.randrange(9)}"
            else:
                row["label"] = draw.random() < 0.9
        elif kind == 9:
            row = pair(said(draw, 4, 20), said(draw, 20, 40), said(draw, 2, 9))
            row = {"prompt": row["messages"], "chosen": row["chosen"], "rejected": row["rejected"]}
        elif kind == 10:
            row = draw.choice(["{no row", {"messages": "none"}, {"text": said(draw, 5, 60)}, {"what": 1}])
        else:
            row = chat(said(draw, 3, 30) + "?", said(draw, 6, 60))
            if kind == 11:
                row |= {"id": f"doc_{draw.randrange(9)}", "language": draw.choice(["en", "de"])}
            if kind == 12:
                row |= {"conversation_id": draw.randrange(20), "synthetic": True, "finish_reason": "length"}
            if kind == 13:
                row["messages"][1]["content"] += " sk-proj-" + "a1B2" * 10
            if kind == 14:
                row["label"] = "perhaps"
        rows.append(row)
    return rows


def write(folder, rows, files):
    """The rows over so many files, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    step = -(-len(rows) // files)
    names = []
    for number in range(files):
        name = folder / f"{number}.jsonl"
        part = rows[number * step : (number + 1) * step]
        name.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in part), "utf-8")
        names.append(str(name))
    return names


def recipe_for(files, **sections):
    settings = {
        "model": {"count_tokens": False},
        "checks": dict.fromkeys(BY_MEANING, False),
        "split": {"validation": 0.2},
    }
    return Recipe().merge(data={"train": files}, **settings | sections)


def both(folder, recipe, engine=None, sizes=SMALL):
    one = pipeline.prep(recipe, folder / "run")
    one.path.rename(folder / "in memory")
    return type(one)(folder / "in memory"), flow.prep(recipe, folder / "run", engine or Local(2), sizes)


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10**6),
    files=st.integers(1, 4),
    chunk=st.integers(8_000, 40_000),
    bucket=st.integers(500, 20_000),
    default=st.booleans(),
)
@example(seed=1, files=2, chunk=12_000, bucket=4_000, default=True)
def test_shuffled_rows_over_any_files_shards_and_buckets_give_the_run_that_memory_gives(
    seed, files, chunk, bucket, default, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("engine")
    rows = rows_of(seed)
    random.Random(seed + 1).shuffle(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "CHUNK", chunk)
        # With tokens, and what compares by meaning, or without.
        more = {"model": {"tokenized": True}, "checks": {}} if default else {}
        recipe = recipe_for(write(folder / "data", rows, files), **more)
        assert_alike(*both(folder, recipe, sizes=Sizes(2, shard=1, bucket=bucket)))


def test_answers_of_a_batch_find_their_requests_in_another_file(tmp_path):
    asked, answered = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    draw = random.Random(5)
    ids = [f"r{n}" for n in range(24)]
    bodies = [{"messages": [{"role": "user", "content": said(draw, 8, 20)}]} for _ in ids]
    answers = [
        {"choices": [{"message": {"role": "assistant", "content": said(draw, 8, 20)}}]} for _ in ids[4:]
    ]
    asked.write_text(
        "".join(json.dumps({"custom_id": i, "body": b}) + "\n" for i, b in zip(ids, bodies, strict=True)),
        "utf-8",
    )
    answered.write_text(
        "".join(
            json.dumps({"custom_id": i, "response": {"status_code": 200, "body": b}}) + "\n"
            for i, b in zip(ids[4:], answers, strict=True)
        ),
        "utf-8",
    )
    one, other = both(tmp_path, recipe_for([str(asked), str(answered)]))
    assert not lines(one.path / "unreadable.jsonl")
    assert_alike(one, other)


def test_what_is_held_out_is_found_and_certified_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "CHUNK", 12_000)
    rows = rows_of(3)
    exam = [{"question": said(random.Random(n), 12, 40) + "?", "answer": "7"} for n in range(20)]
    for place, item in enumerate(exam[:8]):
        rows.insert(place * 9, chat("Please: " + item["question"], "It is 7."))
    held = tmp_path / "exam.jsonl"
    held.write_text("".join(json.dumps(item) + "\n" for item in exam), "utf-8")
    # In other words: shuffled, so that no n-gram is left.
    for item in exam[8:14]:
        words = item["question"].rstrip("?").split()
        random.Random(1).shuffle(words)
        rows.append(chat(" ".join(words) + "?", "It is 7."))
    recipe = recipe_for(write(tmp_path / "data", rows, 3), held_out={"exam": str(held)})
    one, other = both(tmp_path, recipe)
    told = one.manifest["summary"]["held_out"][0]
    assert told["touched"] >= 14
    assert told["rows"]["restatement"] >= 6
    assert_alike(one, other)


@pytest.mark.parametrize(
    "settings",
    [
        {"exact": True},
        {"exact": True, "stratify": ["language", "topic"]},
        {"existing": "files"},
        {"existing": "fold", "exact": True},
        {"existing": "fold", "synthetic": "anywhere", "stratify": ["shape", "topic"]},
    ],
    ids=str,
)
def test_shares_that_are_exact_and_splits_that_the_data_brings(settings, tmp_path):
    rows, draw = rows_of(5, 240), random.Random(7)
    for row in rows:
        if isinstance(row, dict):
            row |= {"fold": draw.choice(["train", "dev", "test", None]), "topic": draw.choice("abc")}
            row |= {"language": draw.choice(["en", "de"])} if draw.random() < 0.1 else {}
    files = write(tmp_path / "data", rows, 3)
    names = [tmp_path / "data" / name for name in ("train.jsonl", "other.jsonl", "test.jsonl")]
    for file, named in zip(files, names, strict=True):
        Path(file).rename(named)
    recipe = recipe_for(list(map(str, names)), split={"validation": 0.2} | settings)
    assert_alike(*both(tmp_path, recipe))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stratify": ["nowhere"]}, "split.stratify names the column 'nowhere'"),
        ({"existing": "nowhere"}, "split.existing names the column 'nowhere'"),
        ({"existing": "files"}, "no file is named after a split"),
        ({"existing": "fold"}, "'seventh' is the name of no split"),
    ],
    ids=str,
)
def test_a_split_that_cannot_be_is_refused_as_in_memory(settings, said, tmp_path):
    rows = [chat(f"Question {n}?", f"Answer {n}.") | {"fold": "seventh"} for n in range(20)]
    recipe = recipe_for(write(tmp_path / "data", rows, 2), split=settings)
    for prep in (pipeline.prep, lambda recipe, out: flow.prep(recipe, out, Local(), SMALL)):
        with pytest.raises(RecipeError, match=said):
            prep(recipe, tmp_path / "run")


def test_secrets_have_the_placeholders_that_they_have_in_memory(tmp_path):
    draw = random.Random(3)
    people = [f"{draw.choice(WORDS)}.{draw.choice(WORDS)}@{draw.choice(WORDS)}.com" for _ in range(30)]
    rows = []
    for number in range(120):
        row = chat(f"Write to {draw.choice(people)}, or {draw.choice(people).upper()}", said(draw, 6, 30))
        if number % 5 == 0:
            row["messages"][1]["content"] += f" {draw.choice(people)} has +41 44 668 {1800 + number % 7}."
        if number % 7 == 0:
            row["messages"][1]["reasoning_content"] = f"I know {draw.choice(people)}."
        if number % 11 == 0:
            row["author"] = {"mail": draw.choice(people), "unread": f"only{number}@here.org"}
        rows.append(row if number % 13 else f"{{no row of {draw.choice(people)}")
    files = write(tmp_path / "data", rows, 3)
    recipe = recipe_for(files).merge(data={"train": files, "redact": ["email", "phone"]})
    kept = tmp_path / "run.redactions.jsonl"
    one = pipeline.prep(recipe, tmp_path / "run")
    known = kept.read_bytes()
    one.path.rename(tmp_path / "in memory")
    other = flow.prep(recipe, tmp_path / "run", Local(2), SMALL)
    assert known.count(b"\n") > 30
    assert kept.read_bytes() == known
    assert_alike(type(one)(tmp_path / "in memory"), other)
    assert other.manifest["redacted"] == type(one)(tmp_path / "in memory").manifest["redacted"]
    written = b"".join(file.read_bytes() for file in other.path.rglob("*.jsonl"))
    assert not [name for name in people if name.encode() in written]


def test_data_in_a_store_is_the_data_that_lies_here(tmp_path, monkeypatch):
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    monkeypatch.setenv("FINESIFT_CACHE", str(tmp_path / "cache"))
    files = write(tmp_path / "data", rows_of(8, 120), 3)
    store = fsspec.filesystem("memory")
    for file in files:
        store.put(file, f"/shards/{Path(file).name}")
    recipe = recipe_for(["memory://shards/*.jsonl"])
    one, other = both(tmp_path, recipe)
    assert_alike(one, other)
    assert (
        other.manifest["summary"]["fates"]
        == flow.prep(recipe_for(files), tmp_path / "here", Local(2), SMALL).manifest["summary"]["fates"]
    )
    assert other.manifest["recipe"]["data"]["train"] == ["memory://shards/*.jsonl"]


def test_all_that_a_recipe_may_ask_for_is_done_or_refused_by_name(tmp_path, monkeypatch):
    [data] = write(tmp_path, rows_of(1, 20), 1)
    out = tmp_path / "run"
    for section, name, value in [
        ("policy", "decisions", "x.jsonl"),
        ("data", "as_read", True),
    ]:
        recipe = recipe_for([data]).merge(**{section: {name: value}})
        with pytest.raises(UsageError, match=f"{section}.{name}"):
            flow.prep(recipe, out, Local(), SMALL)
    whole = replace(load_checks()["exact_duplicate"], name="theirs", apart=None)
    monkeypatch.setattr(across, "load_checks", lambda: load_checks() | {"theirs": whole})
    with pytest.raises(UsageError, match=r"compared at once: theirs\."):
        flow.prep(recipe_for([data]), out, Local(), SMALL)
    assert not out.exists()
    assert not list(tmp_path.glob(".run*"))


class Dying(Local):
    """Raises after so many tasks, as if the machine had gone."""

    def __init__(self, tasks):
        super().__init__(1)
        self.left = tasks

    def map(self, task, job, items):
        for done in super().map(task, job, items):
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            yield done


@pytest.mark.parametrize("tasks", [5, 31])
def test_a_run_that_was_stopped_goes_on_where_it_was(tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "CHUNK", 12_000)
    recipe = recipe_for(write(tmp_path / "data", rows_of(5, 120), 2))
    with pytest.raises(KeyboardInterrupt):
        flow.prep(recipe, tmp_path / "run", Dying(tasks), SMALL)
    assert not (tmp_path / "run").exists()
    left = {file: file.stat().st_mtime_ns for file in tmp_path.glob(".run.work/*/done/*/*.json")}
    assert len(left) >= tasks
    again = []

    class Watched(Local):
        def map(self, task, job, items):
            again.extend((job.folder / "done" / task.args[0] / f"{item}.json") for item in items)
            return super().map(task, job, items)

    other = flow.prep(recipe, tmp_path / "run", Watched(2), SMALL)
    assert not left.keys() & set(again)
    other.path.rename(tmp_path / "other")
    assert_alike(pipeline.prep(recipe, tmp_path / "one"), type(other)(tmp_path / "other"))
    assert not list(tmp_path.glob(".run*"))


def test_killed_at_any_time_it_leaves_nothing_under_the_name_and_ends_alike(tmp_path):
    files = write(tmp_path / "data", rows_of(8, 400), 8)
    settings_ = tmp_path / "recipe.toml"
    settings_.write_text(
        "[split]\nvalidation = 0.2\n[checks]\n" + "".join(f"{name} = false\n" for name in BY_MEANING), "utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "finesift",
        "prep",
        *files,
        "-o",
        "run",
        "--no-tokens",
        "-q",
        "--memory",
        "4GB",
    ]
    command += ["--recipe", str(settings_)]
    for wait in (2.5, 4.0):
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(wait)
        process.kill()
        if process.wait() == 0:
            break
        assert not (tmp_path / "run").exists()
    if not (tmp_path / "run").exists():
        subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    recipe = recipe_for(files)
    other = pipeline.runs.Run.open(tmp_path / "run")
    assert_alike(pipeline.prep(recipe, tmp_path / "one"), other)


def test_a_size_says_how_much_is_done_at_a_time():
    assert sizes_within("4GB").memory == 4 * 10**9
    assert sizes_within("2g").shard <= sizes_within("40 GB").shard
    for wrong in ("much", "4XB", "-1GB"):
        with pytest.raises(UsageError, match="is no size"):
            sizes_within(wrong)
    with pytest.raises(UsageError, match="less than the program takes"):
        sizes_within("100MB")
    with pytest.raises(UsageError, match="1,000,000,000 rows take"):
        sizes_within("4GB").refuse_rows(10**9)
