"""The page shows text from data and does nothing else with it."""

import re

import zstandard

from finesift import pipeline
from finesift.recipe import Recipe

HOSTILE = '<script>document.title = "owned"</script></style>"\'\x00'


def page(path, out, **sections):
    recipe = Recipe.parse({"data": {"train": [str(path)]}}).merge(**sections)
    run = pipeline.prep(recipe, out)
    return run, (run.path / "report.html").read_text("utf-8")


def rows(count):
    return [
        {
            "messages": [
                {"role": "user", "content": f"What is word{n}x?"},
                {"role": "assistant", "content": f"It is <b>{n}"},
            ]
        }
        for n in range(count)
    ]


def test_a_row_with_markup_is_text(jsonl, tmp_path):
    bad = {
        "messages": [
            {"role": "user", "content": "Hi"},
            {
                "role": "assistant",
                "content": f"{HOSTILE} As an AI language model, I cannot help with that. {HOSTILE}",
            },
        ]
    }
    _, html = page(jsonl([*rows(5), bad]), tmp_path / "run", split={"test": 0.0})
    assert html.count("<script>") == html.count("</style>") == 1
    assert "&lt;script&gt;document" in html
    assert "\x00" not in html


def test_no_word_of_a_sealed_row(jsonl, tmp_path):
    run, html = page(jsonl(rows(80)), tmp_path / "run", split={"test": 0.3})
    sealed = (
        zstandard.ZstdDecompressor().stream_reader((run.path / "sealed/test.jsonl.zst").read_bytes()).read()
    )
    words = set(re.findall(r"word\d+x", sealed.decode()))
    assert words
    assert not words & set(re.findall(r"word\d+x", html))


def test_nothing_is_loaded(jsonl, tmp_path):
    _, html = page(jsonl(rows(5)), tmp_path / "run")
    assert not re.search(r"src=|href=\"[^#]|url\(|@import|https?://", html)
