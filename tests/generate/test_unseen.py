"""No path lets a row that a model wrote, and nobody reviewed, into training, validation or test."""

import json

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from finesift.errors import FinesiftError
from finesift.export.folder import export
from finesift.export.target import targets
from finesift.pipeline import prep, redecide
from finesift.recipe import Recipe
from finesift.run import Run

#: A word of synthetic rows only: where it is, one of them is.
MARK = "quillfeather"
TARGETS = targets()
SHAPES = {
    "messages": lambda q, a: {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]},
    "alpaca": lambda q, a: {"instruction": q, "output": a},
    "prompt": lambda q, a: {"prompt": q, "completion": a},
    "preference": lambda q, a: {"prompt": q, "chosen": a, "rejected": f"No. {a[:9]}"},
    "sharegpt": lambda q, a: {"conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}]},
}  # fmt: skip
SAID = st.sampled_from([True, "true", "True", "YES", 1, "1"])
#: What a recipe may say that has something to do with what stays; none of it names the setting.
RECIPES = st.fixed_dictionaries(
    {
        "split": st.fixed_dictionaries(
            {
                "seed": st.integers(0, 99),
                "validation": st.sampled_from([0.0, 0.2, 0.4]),
                "test": st.sampled_from([0.0, 0.2]),
            }
        ),
        "limits": st.sampled_from(
            [{}, {"exact_duplicate": {}}, {"near_duplicate": {"review": 0.99}, "refusal": {}}]
        ),
        "checks": st.sampled_from([{}, {"exact_duplicate": False, "near_duplicate": False}]),
        "policy": st.sampled_from([{}, {"hold_reviews": True}]),
    }
)


def rows(shape, says, copies):
    """Rows of people, and rows that say of themselves that a model wrote them; some of those as twins of others."""
    make, made = SHAPES[shape], []
    for n in range(14):
        asked = f"On which of the {n + 3} days of the fair does the {n + 40}th bell ring before noon?"
        made.append(make(asked, f"On day {n + 1}, when the market opens and the {n + 5} carts are in."))
        if n % 2:
            answer = f"As a {MARK} of {n} years would say: it rings when the tide is at mark {n * 7}."
            twin = (
                asked if n in copies else f"When does the {MARK} bell number {n} ring at the mill of {n * 3}?"
            )
            made.append(make(twin, answer) | {"synthetic": says, "generator": "tiny"})
    return made


def texts(run: Run):
    """All that the run gives to training, validation and test, as bytes, by file."""
    for name in ("train", "validation"):
        for file in run.files(name):
            yield file.name, file.read_bytes()
    sealed = run.path / "sealed/test.jsonl.zst"
    if sealed.exists():
        yield sealed.name, zstandard.ZstdDecompressor().decompressobj().decompress(sealed.read_bytes())


def tokenized_ids(run: Run) -> set[str]:
    files = [*run.path.glob("tokenized/*.parquet"), *run.path.glob("sealed/test.parquet")]
    return {id_ for file in files for id_ in pl.read_parquet(file)["id"]}


def nothing_unseen(run: Run) -> None:
    assert not [name for name, said in texts(run) if MARK.encode() in said]
    fates = run.table("examples").join(run.table("splits"), on="example")
    marked = fates.filter(pl.col("extra").fill_null("").str.contains('"generator"'))
    assert marked.height == 7 and set(marked["fate"]) == {"set_aside"}
    assert not set(marked["id"]) & tokenized_ids(run)


# Each example is a whole job: what fails is shown as it is, not shrunk.
@settings(max_examples=3, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    shape=st.sampled_from(list(SHAPES)), says=SAID, raw=RECIPES, copies=st.sets(st.sampled_from([1, 3, 5, 7])),
    tokenized=st.booleans(), limits=st.sampled_from([[], ["exact_duplicate.set_aside=never"]]),
)  # fmt: skip
def test_no_path_lets_an_unreviewed_row_through(
    tmp_path_factory, shape, says, raw, copies, tokenized, limits
):
    folder = tmp_path_factory.mktemp("unseen")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(shape, says, copies)))
    raw = {"data": {"train": [str(folder / "rows.jsonl")]}, "model": {"tokenized": tokenized}, **raw}
    run = prep(Recipe.parse(raw), folder / "run")
    nothing_unseen(run)
    again = redecide(run, Recipe.parse(run.manifest["recipe"]).with_limits(limits), folder / "again")
    nothing_unseen(again)
    for name, target in TARGETS.items():
        try:
            export(again, target, folder / name)
        except FinesiftError:
            continue  # what a target cannot carry is refused
        written = [file for file in (folder / name).rglob("*") if file.is_file()]
        assert not [file.name for file in written if MARK.encode() in file.read_bytes()]


def test_deciding_again_without_the_setting_takes_back_what_it_let_in(tmp_path):
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows("messages", True, set()))
    )
    raw = {"data": {"train": [str(tmp_path / "rows.jsonl")]}, "model": {"count_tokens": False}}
    named = Recipe.parse(raw | {"policy": {"train_unreviewed_synthetic": True}})
    run = prep(named, tmp_path / "run")
    assert any(MARK.encode() in said for _, said in texts(run)), "the setting is on"
    nothing_unseen(redecide(run, Recipe.parse(raw), tmp_path / "again"))


@pytest.mark.parametrize(
    "limit", ["unreviewed_synthetic.set_aside=never", "unreviewed_synthetic.review=0.99"]
)
def test_no_limit_on_the_command_line_turns_it_off(limit):
    with pytest.raises(FinesiftError, match="train_unreviewed_synthetic"):
        Recipe().with_limits([limit])
