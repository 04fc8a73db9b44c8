"""Pictures, recordings and files: carried as they came, told apart by their bytes or references, written back."""

import base64
import json

import polars as pl
import pytest

from finesift import pipeline
from finesift.read import read
from finesift.recipe import Recipe
from finesift.registry import load_checks
from finesift.views import media_keys
from finesift.write.jsonl import training_rows

ASKED = {"role": "user", "content": "What is on the table?"}
MARKED = {"role": "user", "content": "<image>\nWhat is on the table?"}
SAID = {"role": "assistant", "content": "A blue jug."}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
ENCODED = base64.b64encode(PNG).decode()
PARTS = [
    {"type": "image_url", "image_url": {"url": "https://shop.example/a.png"}},
    {"type": "input_image", "image_url": f"data:image/png;base64,{ENCODED}"},
    {"type": "image"},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ENCODED}},
    {"type": "input_audio", "input_audio": {"data": "UklGR", "format": "wav"}},
    {"type": "file", "file": {"file_id": "f-1"}},
    {"type": "document", "source": {"type": "url", "url": "https://shop.example/a.pdf"}},
    {"inlineData": {"mimeType": "image/png", "data": ENCODED}},
]


def noted(corpus):
    return [
        (kind, message)
        for kind, message in corpus.notes.select("kind", "message").iter_rows()
        if "media" in kind
    ]


def asking(*parts, text="What is on the table?"):
    return {"messages": [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}, SAID]}


@pytest.mark.parametrize("part", PARTS)
def test_a_typed_part_is_carried_and_the_text_beside_it_is_read(corpus_of, part):
    corpus = corpus_of([asking(part)])
    assert corpus.turns["content"].to_list() == ["What is on the table?", "A blue jug."]
    assert [kind for kind, _ in noted(corpus)] == ["media_carried"]
    assert json.loads(corpus.turns["media"][0])["held"] == [{"at": 0, "part": part}]
    assert corpus.examples["extra"].to_list() == [None]


@pytest.mark.parametrize(
    "row",
    [
        *(asking(part) for part in PARTS),
        asking(PARTS[0], {"type": "text", "text": "And this:\n"}, PARTS[1]),
        {"messages": [{"role": "user", "content": [PARTS[0]]}, SAID]},
        {"messages": [MARKED, SAID], "images": ["a.jpg"]},
        {"messages": [ASKED | {"images": ["b.jpg", "c.jpg"]}, SAID]},
        {"prompt": [MARKED], "chosen": [SAID], "rejected": [SAID | {"content": "A cat."}], "image": "a.jpg"},
        {"prompt": MARKED["content"], "completion": "A jug.", "label": True, "image": {"bytes": ENCODED}},
    ],
)
def test_what_was_carried_is_written_where_it_stood_and_is_read_again(corpus_of, row):
    first = corpus_of([row])
    line = training_rows(first.examples, first.turns)[0]
    again = corpus_of([json.loads(line)])
    assert again.turns.drop("example").equals(first.turns.drop("example"))
    assert again.examples["id"].to_list() == first.examples["id"].to_list()
    if "messages" in row:
        made = json.loads(line)
        assert made["messages"] == row["messages"]
        assert made.get("images") == row.get("images")


@pytest.mark.parametrize(
    "name", ["images", "image", "Images", "image_path", "videos", "audio", "pixel_values"]
)
def test_a_column_with_a_place_in_the_text_is_carried(corpus_of, name):
    corpus = corpus_of([{"messages": [MARKED, SAID], name: ["a.bin"]}])
    assert noted(corpus) == [("media_carried", f'"{name}" holds 1 file that the text does not')]
    assert json.loads(corpus.turns["media"][0])["held"] == [{"row": name, "value": ["a.bin"]}]


def test_numbers_that_differ_are_named(corpus_of):
    corpus = corpus_of([{"messages": [MARKED, SAID], "images": ["a.bin", "b.bin"]}])
    assert noted(corpus) == [("media_beside", '"images" holds 2 files, and the text has 1 places for them')]


def test_a_column_without_a_place_in_the_text_is_for_review(corpus_of):
    assert [kind for kind, _ in noted(corpus_of([{"messages": [ASKED, SAID], "images": ["a.bin"]}]))] == [
        "media_beside"
    ]


def test_a_message_may_hold_them(corpus_of):
    corpus = corpus_of([{"messages": [ASKED | {"images": [ENCODED]}, SAID]}])
    assert [kind for kind, _ in noted(corpus)] == ["media_beside"]
    assert set(corpus.notes["kind"]) == {"media_beside"}


@pytest.mark.parametrize("nothing", [[], [None], None, "", {}])
def test_an_empty_column_is_none(corpus_of, nothing):
    assert noted(corpus_of([{"messages": [ASKED, SAID], "images": nothing}])) == []


def test_a_picture_written_out_is_told_by_its_bytes_a_reference_by_itself(corpus_of):
    corpus = corpus_of([asking(PARTS[1]), asking(PARTS[3]), asking(PARTS[0])])
    inline, other, linked = corpus.turns.filter(pl.col("media").is_not_null()).select(media_keys).to_series()
    assert inline == other and inline.startswith("0:xxh3:")
    assert linked == "0:https://shop.example/a.png"


def test_rows_that_differ_in_the_picture_alone_are_no_copies(corpus_of):
    linked = PARTS[0] | {"image_url": {"url": "https://shop.example/b.png"}}
    long = "Describe in detail what can be seen on the table in this picture, and where it stands. " * 3
    rows = [asking(PARTS[0], text=long), asking(linked, text=long), asking(PARTS[0], text=long)]
    corpus = corpus_of(rows)
    first, second, third = corpus.examples["id"].to_list()
    assert second != first and third == f"{first}-2"
    found = load_checks()["exact_duplicate"](corpus.tables).collect()
    assert found["example"].to_list() == [2]
    from finesift.match.compare import compare

    near, _ = compare(corpus)
    assert near.is_empty()


@pytest.mark.parametrize(
    "content, name, said",
    [
        (None, "a.png", 'the file "a.png" is not there'),
        (b"", "a.png", 'the file "a.png" is empty'),
        (b"GARBAGE" * 9, "a.png", 'the file "a.png" is no PNG'),
        (b"%PDF-1.7", "a.pdf", None),
        (b"\xff\xd8\xff\xe0 a JPEG", "a.png", None),  # called PNG, and shown all the same
        (bytes(4) + b"ftypisom", "a.mp4", None),
    ],
)
def test_a_file_that_is_missing_or_is_not_what_it_is_called_is_named(tmp_path, content, name, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"messages": [MARKED, SAID], "images": [name]}))
    missing = read([rows]).notes.filter(pl.col("kind") == "media_missing")["message"].to_list()
    assert missing == ([said] if said else [])


@pytest.mark.parametrize("url", ["data:image/png;base64,AAAAAAAA", "data:image/png;base64,###"])
def test_a_picture_that_is_none_is_named(corpus_of, url):
    kinds = [kind for kind, _ in noted(corpus_of([asking({"type": "image_url", "image_url": {"url": url}})]))]
    assert kinds == ["media_carried", "media_missing"]


@pytest.mark.parametrize("mode, outcome", [("carry", "train"), ("refuse", "set_aside")])
def test_the_recipe_says_whether_such_rows_are_trained(tmp_path, mode, outcome):
    file = tmp_path / "rows.jsonl"
    rows = [asking(PARTS[0], text=f"What is on table {word}?") for word in ("one", "two", "three")]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = Recipe.parse(
        {
            "data": {"train": [str(file)], "multimodal": mode},
            "model": {"count_tokens": False},
            "split": {"validation": 0, "test": 0},
            "limits": {"near_duplicate": {}, "exact_duplicate": {}},
        }
    )
    run = pipeline.prep(recipe, tmp_path / "run")
    assert run.manifest["summary"]["fates"][outcome] == 3
    assert run.manifest["summary"]["carried"] == 3
    if mode == "carry":
        first = json.loads((tmp_path / "run" / "train.jsonl").read_bytes().splitlines()[0])
        assert first["messages"][0]["content"][0] == PARTS[0]
        from finesift.verify import verify

        assert verify(run.path) == []
