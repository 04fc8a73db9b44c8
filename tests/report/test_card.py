"""The data set card, and that the hub's library loads what it describes."""

import json
import os

import pytest

from finesift import pipeline
from finesift.corpus import chat
from finesift.data import example_folder
from finesift.errors import RecipeError
from finesift.recipe import Recipe
from finesift.report.card import size_category


@pytest.mark.parametrize(
    "rows, category",
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (52_002, "10K<n<100K"),
        (9_999_999, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
    ],
)
def test_the_hub_knows_the_size(rows, category):
    assert size_category(rows) == category


@pytest.fixture
def card(jsonl, tmp_path):
    """The metadata lines and the text of the card of a run of 60 short rows."""

    def write(name="run", validation=0.1, **of_data):
        data = jsonl([chat(f"How much is {n} and {n}?", f"It is {2 * n}.") for n in range(60)])
        recipe = Recipe.parse(
            {
                "data": {"train": [str(data)], **of_data},
                "model": {"count_tokens": False},
                "split": {"validation": validation, "exact": True},
            }
        )
        run = pipeline.prep(recipe, tmp_path / name)
        _, metadata, text = (run.path / "README.md").read_text().split("---\n", 2)
        return metadata.splitlines(), text

    return write


def test_it_names_the_licence_that_the_recipe_gives(card):
    metadata, text = card(licence="cc-by-4.0")
    assert 'license: "cc-by-4.0"' in metadata
    assert "no licence" not in text


def test_it_says_so_where_no_licence_is_given(card):
    metadata, text = card()
    assert not [line for line in metadata if line.startswith("license")]
    assert "gives no licence" in text


def test_a_licence_that_the_hub_would_not_understand_is_refused():
    for licence in ("CC BY 4.0", "mit\ntags: [x]", ""):
        with pytest.raises(RecipeError, match=r"data\.licence"):
            Recipe.parse({"data": {"licence": licence}})


def test_a_split_without_rows_is_not_offered(card):
    metadata, _ = card(validation=0)
    assert [line for line in metadata if "split:" in line] == ["  - split: train"]


def test_a_name_cannot_become_markup(card):
    _, text = card(name="a <b> #c")
    assert "# a \\<b\\> \\#c" in text


def test_what_is_not_known_is_a_limit(card):
    _, text = card()
    limits = text.split("## Known limits")[1]
    assert "No chat template was applied" in limits and "No evaluation was held out" in limits


# Rows that arrow alone would refuse or change: arguments of two types, tools of two shapes, one odd field.
UNEVEN = [
    {
        "messages": [
            {"role": "user", "content": f"Look up order {n}."},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"type": "function", "function": {"name": "order", "arguments": {"id": value}}}
                ],
            },
            {"role": "tool", "content": "It is on its way."},
            {"role": "assistant", "content": f"Order {n} is on its way."},
        ],
        "tools": [{"type": "function", "function": {"name": "order", "parameters": {"id": {"type": kind}}}}],
    }
    for n, (value, kind) in enumerate([(1, "integer"), ("two", "string"), ({"number": 3}, "object")] * 20)
]


@pytest.mark.parametrize("kind", ["plain", "demo", "uneven"])
def test_the_hubs_library_loads_the_splits(kind, jsonl, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets", reason="needs the extra [hf]: pip install -e '.[hf,test]'")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    plain = [chat(f"How much is {n} and {n}?", f"It is {2 * n}.") for n in range(60)]
    recipe = (
        Recipe.load(example_folder() / "recipe.toml")
        if kind == "demo"
        else Recipe.parse({"data": {"train": [str(jsonl(plain if kind == "plain" else UNEVEN))]}})
    )
    run = pipeline.prep(recipe.merge(split={"exact": True, "validation": 0.2}), tmp_path / "run")
    loaded = datasets.load_dataset(os.fspath(run.path), cache_dir=os.fspath(tmp_path / "cache"))
    assert set(loaded) == {"train", "validation"}
    for split, rows in loaded.items():
        written = [json.loads(line) for line in (run.path / f"{split}.jsonl").read_text().splitlines()]
        assert [row["id"] for row in rows] == [row["id"] for row in written]
