"""Pictures, recordings and files: noted by one rule, wherever they stand."""

import pytest

ASKED = {"role": "user", "content": "What is on the table?"}
MARKED = {"role": "user", "content": "<image>\nWhat is on the table?"}
SAID = {"role": "assistant", "content": "A blue jug."}


def noted(corpus):
    return [
        (kind, message)
        for kind, message in corpus.notes.select("kind", "message").iter_rows()
        if "media" in kind
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "https://shop.example/a.png"}},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
        {"type": "image"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
        {"type": "input_audio", "input_audio": {"data": "UklGR", "format": "wav"}},
        {"type": "file", "file": {"file_id": "f-1"}},
        {"type": "document", "source": {"type": "url", "url": "https://shop.example/a.pdf"}},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
    ],
)
def test_a_typed_part_is_noted_and_the_text_beside_it_is_read(corpus_of, part):
    asked = {"role": "user", "content": [part, {"type": "text", "text": "What is on the table?"}]}
    corpus = corpus_of([{"messages": [asked, SAID]}])
    assert corpus.turns["content"].to_list() == ["What is on the table?", "A blue jug."]
    assert [kind for kind, _ in noted(corpus)] == ["media"]


@pytest.mark.parametrize(
    "name", ["images", "image", "Images", "image_path", "videos", "audio", "pixel_values"]
)
def test_a_column_with_a_place_in_the_text_is_noted(corpus_of, name):
    assert noted(corpus_of([{"messages": [MARKED, SAID], name: ["a.png"]}])) == [
        ("media", f'"{name}" holds 1 file that the text does not')
    ]


def test_numbers_that_differ_are_named(corpus_of):
    ((kind, message),) = noted(corpus_of([{"messages": [MARKED, SAID], "images": ["a.png", "b.png"]}]))
    assert kind == "media" and message.endswith(
        "holds 2 files that the text does not, and the text has 1 places for them"
    )


def test_a_column_without_a_place_in_the_text_is_for_review(corpus_of):
    assert [kind for kind, _ in noted(corpus_of([{"messages": [ASKED, SAID], "images": ["a.png"]}]))] == [
        "media_beside"
    ]


def test_a_message_may_hold_them(corpus_of):
    corpus = corpus_of([{"messages": [ASKED | {"images": ["iVBORw0KGgo="]}, SAID]}])
    assert [kind for kind, _ in noted(corpus)] == ["media_beside"]
    assert set(corpus.notes["kind"]) == {"media_beside"}


@pytest.mark.parametrize("nothing", [[], [None], None, "", {}])
def test_an_empty_column_is_none(corpus_of, nothing):
    assert noted(corpus_of([{"messages": [ASKED, SAID], "images": nothing}])) == []
