"""The main job from end to end, on small files."""

import json
import random
import shutil

import orjson
import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finesift import pipeline
from finesift.corpus import chat
from finesift.data import tokenizer_folder
from finesift.errors import InputError, ModelError, RecipeError, UsageError
from finesift.recipe import Recipe
from finesift.run import Run
from finesift.unsealing import unseal


def prep(files, out, **sections) -> Run:
    files = files if isinstance(files, list) else [files]
    recipe = Recipe.parse({"data": {"train": [str(f) for f in files]}}).merge(**sections)
    return pipeline.prep(recipe, out)


def lines(path) -> list[dict]:
    raw = path.read_bytes()
    if path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().stream_reader(raw).read()
    return [orjson.loads(line) for line in raw.splitlines()]


def everything(run: Run) -> dict[str, list[dict]]:
    sealed_aside = run.path / "sealed" / "set_aside.jsonl.zst"
    return {
        "train": lines(run.path / "train.jsonl"),
        "validation": lines(run.path / "validation.jsonl"),
        "test": lines(run.path / "sealed" / "test.jsonl.zst"),
        "set_aside": lines(run.path / "set_aside.jsonl")
        + (lines(sealed_aside) if sealed_aside.exists() else []),
        "unreadable": lines(run.path / "unreadable.jsonl"),
    }


def rows(count: int) -> list[dict]:
    return [
        chat(f"What is {n} times {n + 1}, please tell me?", f"It is {n * (n + 1)}.") for n in range(count)
    ]


MESSY = [
    *rows(60),
    chat("Say nothing.", ""),
    chat("Name a prime.", "7"),
    chat("Name a prime.", "7"),
    chat("name a prime", "7."),
    {"messages": [{"role": "user", "content": "Anybody?"}]},
    "{broken",
    "17",
    chat("One", "Two", "Three", "Four") | {"topic": "numbers"},
]


def test_every_row_ends_in_one_place(jsonl, tmp_path):
    run = prep(jsonl(MESSY), tmp_path / "run")
    places = everything(run)
    assert sum(map(len, places.values())) == len(MESSY) == run.manifest["summary"]["rows"]
    assert {name: len(rows) for name, rows in places.items()} == run.manifest["summary"]["fates"]
    ids = [row["id"] for name in ("train", "validation", "test", "set_aside") for row in places[name]]
    assert len(ids) == len(set(ids))
    assert len(places["unreadable"]) == 2
    assert sorted(row["check"] for row in places["set_aside"]) == [
        "empty_answer",
        "exact_duplicate",
        "no_assistant_turn",
    ]


def test_what_is_kept_goes_out_as_it_came_in(jsonl, tmp_path):
    run = prep(jsonl(MESSY), tmp_path / "run", split={"validation": 0, "test": 0})
    kept = {json.dumps(row["messages"]) for row in lines(run.path / "train.jsonl")}
    assert kept <= {json.dumps(row["messages"]) for row in MESSY if isinstance(row, dict)}
    (numbers,) = [row for row in lines(run.path / "train.jsonl") if row["messages"][0]["content"] == "One"]
    assert numbers["extra"] == {"topic": "numbers"}


def test_what_is_set_aside_keeps_its_original_and_its_evidence(jsonl, tmp_path):
    run = prep(jsonl(MESSY), tmp_path / "run")
    (empty,) = [row for row in everything(run)["set_aside"] if row["check"] == "empty_answer"]
    assert empty["original"] == MESSY[60]
    assert empty["row"] == 61
    assert empty["findings"][0]["message"] == "the answer is empty"


def test_what_we_write_we_read(jsonl, tmp_path):
    first = prep(jsonl(MESSY), tmp_path / "one", split={"validation": 0, "test": 0})
    again = prep(first.path / "train.jsonl", tmp_path / "two", split={"validation": 0, "test": 0})
    assert (again.path / "train.jsonl").read_bytes() == (first.path / "train.jsonl").read_bytes()


def test_the_same_input_gives_the_same_files(jsonl, tmp_path):
    one, two = (prep(jsonl(MESSY), tmp_path / name).manifest["outputs"] for name in ("one", "two"))
    differing = {name for name in one if one[name]["sha256"] != two[name]["sha256"]}
    assert differing <= {"README.md", "report.html"}  # their title is the folder's name


def what_became(run):
    """Its figures, and which rows are where."""
    figures = {k: run.manifest["summary"][k] for k in ("rows", "fates", "reviews", "checks", "shapes")}
    return figures, {s: sorted(r["id"] for r in everything(run)[s]) for s in ("train", "validation", "test")}


@pytest.fixture(scope="module")
def in_order(tmp_path_factory):
    folder = tmp_path_factory.mktemp("in order")
    (folder / "rows.jsonl").write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in MESSY))
    return what_became(prep(folder / "rows.jsonl", folder / "run", model={"count_tokens": False}))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_shuffling_changes_only_which_of_identical_rows_stays(tmp_path_factory, in_order, random):
    folder = tmp_path_factory.mktemp("shuffle")
    shuffled = [r if isinstance(r, str) else json.dumps(r) for r in MESSY]
    random.shuffle(shuffled)
    (folder / "rows.jsonl").write_text("\n".join(shuffled))
    assert what_became(prep(folder / "rows.jsonl", folder / "run", model={"count_tokens": False})) == in_order


def test_no_word_of_the_test_set_is_outside_the_seal(jsonl, tmp_path):
    random.seed(5)
    word = {n: f"zq{random.getrandbits(64):x}" for n in range(400)}
    chats = [chat(f"Tell me about {word[n]} in a few words", f"{word[n]} is a word") for n in range(400)]
    # Relatives of every row, which are set aside or grouped with it.
    chats += [
        chat(f"tell me about {word[n]} in a few words!", f"{word[n]} is a word.") for n in range(0, 400, 3)
    ]
    for n, row in enumerate(chats[:400]):
        row |= {"topic": word[n], "source_id": {"of": [word[n]]}, "id": f"{word[n]}_0", "language": word[n]}
    split = {"test": 0.2, "stratify": ["topic"], "group_by": ["topic"]}
    run = prep(jsonl(chats), tmp_path / "run", split=split)
    sealed = {
        row["messages"][0]["content"].split()[3] for row in lines(run.path / "sealed" / "test.jsonl.zst")
    }
    assert len(sealed) > 40
    for file in run.path.rglob("*"):
        if not file.is_file() or file.parent.name == "sealed":
            continue
        if file.suffix == ".parquet":
            said = "".join(str(row) for row in pl.read_parquet(file).iter_rows())
        else:
            said = file.read_text("utf-8")
        assert not [w for w in sealed if w in said], file


def test_rows_over_the_budget_are_set_aside_with_the_count(jsonl, tmp_path):
    run = prep(jsonl([*rows(5), chat("Go on", "word " * 500)]), tmp_path / "run", model={"max_tokens": 100})
    (long,) = everything(run)["set_aside"]
    assert long["check"] == "over_budget"
    assert long["why"].endswith("over the budget of 100")


def test_what_leaked_from_a_held_out_set_is_set_aside_with_the_item_it_leaked_from(jsonl, tmp_path):
    question = "If {} geese and {} hens share one small pond, how many birds is that in all?"
    exam = [{"question": question.format(n, n + 3), "answer": f"{2 * n + 3}"} for n in range(30, 50)]
    leaked = chat("Please answer this:\n" + exam[4]["question"].upper(), "That makes 71.")
    held = jsonl(exam, "exam.jsonl")
    run = prep(jsonl([*rows(40), leaked]), tmp_path / "run", held_out={"exam": str(held)})
    (row,) = everything(run)["set_aside"]
    assert row["check"] == "contamination"
    assert row["findings"][0]["other"] == "exam:5"


def test_a_held_out_set_may_lie_in_several_files(jsonl, tmp_path):
    question = "If {} geese and {} hens share one small pond, how many birds is that in all?"
    exam = [{"question": question.format(n, n + 3), "answer": f"{2 * n + 3}"} for n in range(30, 50)]
    files = [str(jsonl(exam[:10], "easy.jsonl")), str(jsonl(exam[10:], "hard.jsonl"))]
    leaked = [chat(item["question"].upper(), "That makes 71.") for item in (exam[4], exam[15])]
    run = prep(jsonl([*rows(40), *leaked]), tmp_path / "run", held_out={"exam": files})
    assert [row["findings"][0]["other"] for row in everything(run)["set_aside"]] == ["exam:5", "exam:16"]


def test_a_held_out_file_of_which_nothing_can_be_read_is_an_error(jsonl, tmp_path):
    with pytest.raises(InputError, match="no item of the held-out set exam"):
        prep(jsonl(rows(4)), tmp_path / "run", held_out={"exam": str(jsonl(["{"], "exam.jsonl"))})


def test_without_token_counts_nothing_is_rendered(jsonl, tmp_path):
    run = prep(jsonl(rows(5)), tmp_path / "run", model={"count_tokens": False})
    assert run.manifest["summary"]["tokens"] == {}
    assert run.manifest["tokenizer"] is None


def test_show_tells_everything_about_a_row(jsonl, tmp_path):
    run = prep(jsonl(MESSY), tmp_path / "run", split={"validation": 0, "test": 0})
    aside = next(row for row in lines(run.path / "set_aside.jsonl") if row["check"] == "exact_duplicate")
    row = run.row(aside["id"])
    assert (row.fate, row.check, row.row) == ("set_aside", "exact_duplicate", aside["row"])
    assert row.why.endswith("stays")
    assert [m["role"] for m in row.messages] == ["user", "assistant"]
    assert run.row(lines(run.path / "train.jsonl")[0]["id"][:12]).fate == "train"
    with pytest.raises(UsageError, match="no row has the id"):
        run.row("zzz")
    with pytest.raises(UsageError, match="rows begin with"):
        run.row("")


def test_show_refuses_rows_of_the_sealed_test_set(jsonl, tmp_path):
    run = prep(jsonl(rows(80)), tmp_path / "run", split={"test": 0.3})
    sealed = lines(run.path / "sealed" / "test.jsonl.zst")[0]["id"]
    with pytest.raises(UsageError, match="sealed"):
        run.row(sealed)


def test_a_file_of_only_broken_rows_gives_a_run_with_none_kept(jsonl, tmp_path):
    run = prep(jsonl(['{"a": 1', "nope", "[1,"]), tmp_path / "run")
    assert run.manifest["summary"]["fates"]["unreadable"] == 3
    assert lines(run.path / "train.jsonl") == []


def test_no_row_at_all_is_an_error_and_no_run(jsonl, tmp_path):
    with pytest.raises(InputError, match="no row was read"):
        prep(jsonl([]), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        prep(tmp_path / "nowhere.jsonl", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_inspect_writes_nothing(jsonl, tmp_path):
    file = jsonl(MESSY)
    before = sorted(tmp_path.rglob("*"))
    figures = pipeline.inspect(Recipe.parse({"data": {"train": [str(file)]}}))
    assert sorted(tmp_path.rglob("*")) == before
    assert figures.rows == len(MESSY)
    assert sum(m.rows for m in figures.summary.malformed) == 2


def test_the_report_says_what_is_trained(jsonl, tmp_path):
    made = prep(jsonl([chat(f"Question {n}?", "Yes.") for n in range(30)]), tmp_path / "run")
    masks = made.manifest["summary"]["masks"]
    assert masks["conversations"] == 30
    assert masks["proved"] == 30
    assert sum(masks["shares"]) == 30
    trained = made.table("examples")["trained"]
    assert masks["trained"] == trained.sum()
    assert set(trained) == {3}  # Yes, ., <|im_end|>
    assert "is proved" in (made.path / "report.md").read_text()


def model(tmp_path, template):
    """A model's folder with the packaged tokenizer and another template."""
    folder = shutil.copytree(tokenizer_folder(), tmp_path / "model")
    (folder / "chat_template.jinja").write_text(template)
    return folder


FORGETS_SYSTEM = (
    "{% for m in messages if m.role != 'system' %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def test_a_template_that_loses_data_stops_the_run_unless_the_recipe_accepts_it(jsonl, tmp_path):
    file = jsonl([chat("Hi", "Hello.", system="Be brief."), chat("Who?", "Me.")])
    forgetful = {"tokenizer": str(model(tmp_path, FORGETS_SYSTEM))}
    with pytest.raises(ModelError, match=r"the system says in 1 rows, first .*:1") as stopped:
        prep(file, tmp_path / "run", model=forgetful)
    assert 'accept_losses = ["system"]' in stopped.value.hint
    assert not (tmp_path / "run").exists()
    made = prep(file, tmp_path / "run", model=forgetful | {"accept_losses": ["system"]})
    assert made.manifest["summary"]["reviews"] == 0
    assert made.manifest["summary"]["masks"]["problems"] == {"lost_system": 1}


def test_what_the_packaged_template_loses_goes_to_review(jsonl, tmp_path):
    called = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add"}}]}
    file = jsonl([{"messages": [{"role": "user", "content": "Add."}, called]}, chat("Who?", "Me.")])
    made = prep(file, tmp_path / "run", split={"validation": 0, "test": 0})
    assert made.manifest["summary"]["reviews"] == 1
    assert (
        made.table("findings")
        .filter(pl.col("check") == "mask_unproved")["message"][0]
        .startswith("lost_tool_calls")
    )


def test_show_shows_a_test_row_once_the_seal_was_opened(jsonl, tmp_path):
    run = prep(jsonl(rows(80)), tmp_path / "run", split={"test": 0.3})
    sealed = lines(run.path / "sealed" / "test.jsonl.zst")[0]
    unseal(run, why="the end")
    shown = Run.open(run.path).row(sealed["id"])
    assert [(m["role"], m["content"]) for m in shown.messages] == [
        (m["role"], m["content"]) for m in sealed["messages"]
    ]


@pytest.mark.parametrize("command", ["inspect", "mask", "prep"])
@pytest.mark.parametrize("name", ["sealed/test.jsonl.zst", "sealed", "sealed/*.zst"])
def test_commands_that_look_refuse_the_sealed_part_of_a_run(jsonl, tmp_path, program, command, name):
    run = prep(jsonl(rows(20)), tmp_path / "run", split={"test": 0.3})
    done = program(command, run.path / name, *(["-o", "other"] if command == "prep" else []), check=2)
    assert "is the sealed part of a run" in done.stderr


def test_a_split_that_the_data_brings_is_honoured_and_its_leaks_are_mended(jsonl, tmp_path):
    chats = [r | {"fold": "test" if n % 4 == 0 else "train"} for n, r in enumerate(rows(60))]
    leaked = chats[0]["messages"][:1]
    chats.append({"messages": [*leaked, {"role": "assistant", "content": "Seen before."}], "fold": "train"})
    run = prep(jsonl(chats), tmp_path / "run", split={"existing": "fold"})
    told = run.manifest["summary"]["split"]
    assert (told["crossing"], told["moved"]) == (1, 1)
    assert run.manifest["summary"]["fates"]["test"] == 16
    assert run.manifest["summary"]["fates"]["validation"] == 0
    assert "1 rows moved" in (run.path / "report.md").read_text()


@pytest.mark.parametrize(
    "existing, message",
    [
        ("fold", "'fold', which no row has"),
        ("files", "no file is named after a split"),
        ("odd", "'third' is the"),
    ],
)
def test_a_brought_split_that_cannot_be_read_is_refused(jsonl, tmp_path, existing, message):
    with pytest.raises(RecipeError, match=message):
        prep(jsonl([r | {"odd": "third"} for r in rows(4)]), tmp_path / "run", split={"existing": existing})


def test_files_named_after_splits_are_honoured(jsonl, tmp_path):
    names = ["train-1.jsonl", "my_dev.jsonl", "latest_test.jsonl"]
    files = [jsonl(rows(60)[n * 20 : n * 20 + 20], name) for n, name in enumerate(names)]
    run = prep(files, tmp_path / "run", split={"existing": "files"})
    fates = run.manifest["summary"]["fates"]
    assert (fates["train"], fates["validation"], fates["test"]) == (20, 20, 20)


def test_all_that_a_user_waits_for_is_in_the_clock(jsonl, tmp_path):
    import time

    begun = time.perf_counter()
    run = prep(jsonl(rows(40)), tmp_path / "run")
    waited = time.perf_counter() - begun
    seconds = run.manifest["seconds"]
    assert {"read", "render", "check", "summarise", "write"} <= seconds.keys()
    assert sum(seconds.values()) <= waited
