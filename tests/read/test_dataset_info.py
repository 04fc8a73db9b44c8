"""LLaMA-Factory's dataset_info.json names columns, roles and tags of the files beside it."""

import json

import pytest

from finesift.errors import InputError
from finesift.read import paths, read

INFO = {
    "shop": {
        "file_name": "shop.json",
        "formatting": "sharegpt",
        "columns": {"messages": "rounds", "system": "briefing"},
        "tags": {"role_tag": "who", "content_tag": "words", "user_tag": "kunde", "assistant_tag": "laden"},
    },
    "trees": {"file_name": "trees.json", "columns": {"prompt": "ask", "query": "about", "response": "say"}},
    "prose": {"file_name": "prose.json", "columns": {"prompt": "text"}},
    "elsewhere": {"file_name": "../secret.json"},
    "hub": {"hf_hub_url": "org/name"},
}
ROWS = {
    "shop.json": {
        "rounds": [{"who": "kunde", "words": "Open?"}, {"who": "laden", "words": "Till six."}],
        "briefing": "Be kind.",
    },
    "trees.json": {"ask": "Name a tree.", "about": "In a park.", "say": "Oak."},
    "prose.json": {"text": "Ropes are made of hemp."},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "dataset_info.json").write_text(json.dumps(INFO))
    for name, row in ROWS.items():
        (tmp_path / name).write_text(json.dumps([row, row]))
    return tmp_path


def said(file, **options):
    corpus = read([file], **options)
    assert corpus.unreadable.is_empty(), corpus.unreadable["error"].to_list()
    return corpus.turns.filter(corpus.turns["example"] == 0).select("role", "content").rows()


def test_files_are_read_by_the_names_beside_them(folder):
    assert said(folder / "shop.json") == [
        ("system", "Be kind."),
        ("user", "Open?"),
        ("assistant", "Till six."),
    ]
    assert said(folder / "trees.json") == [("user", "Name a tree.\nIn a park."), ("assistant", "Oak.")]
    assert said(folder / "prose.json") == [("assistant", "Ropes are made of hemp.")]


def test_the_recipe_outranks_it(folder):
    roles = {"kunde": "assistant", "laden": "user"}
    assert [role for role, _ in said(folder / "shop.json", roles=roles)] == ["system", "assistant", "user"]


def test_it_is_no_data_itself_and_named_alone_it_means_its_files(folder):
    names = ["prose.json", "shop.json", "trees.json"]
    assert [file.rpartition("/")[2] for file in paths([folder])] == names
    assert sorted(file.rpartition("/")[2] for file in paths([folder / "dataset_info.json"])) == names


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"a": 3}', '{"a": {"file_name": ["x"]}}'])
def test_one_that_says_nothing_changes_nothing(folder, text):
    (folder / "dataset_info.json").write_text(text)
    assert said(folder / "prose.json") == [("assistant", "Ropes are made of hemp.")]
    with pytest.raises(InputError, match="names no file"):
        paths([folder / "dataset_info.json"])
