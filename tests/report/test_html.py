"""The page shows text from data and does nothing else with it."""

import re
import time
from dataclasses import replace

import polars as pl
import pytest
import zstandard

from finesift import pipeline
from finesift.errors import RunError
from finesift.recipe import Recipe
from finesift.report.html import report
from finesift.report.summary import Summary
from finesift.unsealing import unseal

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


KEY = "AKIAIOSFODNN7EXAMPLE"


def test_a_row_with_a_secret_is_quoted_nowhere(jsonl, tmp_path):
    """Not for another finding, as a member of a cluster, beside a held-out item, as a mask, or for shared words."""

    def row(text, answer):
        return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": answer}]}

    question = (
        f"My key {KEY} does not work with the zebrafish interface that you sold me last week in Ghent, why?"
    )
    secret = [
        row(question, "As an AI language model, I cannot help with the zebrafish interface.")
        for _ in range(8)
    ]
    held = jsonl([row(question, "No idea.")], "exam.jsonl")
    run, html = page(
        jsonl([*rows(5), *secret]), tmp_path / "run", split={"test": 0.0}, held_out={"exam": str(held)}
    )
    assert run.table("findings")["check"].is_in(["secrets"]).any()
    assert "an AWS access key" in html
    for word in (KEY, KEY[:4], "zebrafish"):
        assert word not in html
    assert "zebrafish" not in (run.path / "report.md").read_text("utf-8")


def test_the_figures_are_the_summary_s(jsonl, tmp_path):
    run, html = page(jsonl([*rows(40), *rows(3)]), tmp_path / "run", split={"test": 0.1})
    fates = run.manifest["summary"]["fates"]
    assert f"{sum(fates.values()) - fates['set_aside'] - fates['unreadable']} of 43 rows are kept" in html
    assert f"{fates['train']} train" in html
    assert "exact_duplicate" in html
    assert "The same to the letter" in html


def test_openings_of_the_seal_stand_in_the_report(jsonl, tmp_path):
    run, _ = page(jsonl(rows(60)), tmp_path / "run", split={"test": 0.2})
    unseal(run, why="final <evaluation>", who="Ada")
    html = (run.path / "report.html").read_text("utf-8")
    assert "final &lt;evaluation&gt;" in html
    assert "Ada" in html
    assert run.manifest["outputs"]["sealed/test.jsonl.zst"]["sha256"] in html


@pytest.mark.parametrize("table", ["turns", "examples", "findings", "decisions", "splits", "masks"])
def test_a_damaged_table_is_named(table, jsonl, tmp_path):
    run, _ = page(jsonl(rows(30)), tmp_path / "run", split={"test": 0.2})
    (run.path / f"tables/{table}.parquet").write_bytes(b"PAR1 is not enough")
    with pytest.raises(RunError, match="tables cannot be read"):
        unseal(run, why="final evaluation")


def test_long_texts_are_cut(jsonl, tmp_path):
    long = {
        "messages": [
            {"role": "user", "content": "Go on?"},
            {"role": "assistant", "content": "on and " * 40_000},
        ]
    }
    _, html = page(jsonl([*rows(5), long]), tmp_path / "run", split={"test": 0.0})
    assert len(html) < 150_000


def test_without_tokens_lengths_are_characters(jsonl, tmp_path):
    _, html = page(jsonl(rows(20)), tmp_path / "run", model={"count_tokens": False})
    assert "Characters: tokens were not counted" in html
    assert 'id="masks"' not in html


@pytest.mark.long
def test_a_million_rows_make_a_small_page_in_seconds(jsonl, tmp_path):
    run, _ = page(jsonl(rows(100)), tmp_path / "run", split={"test": 0.1})
    times = 10_000
    for table in ("examples", "turns", "findings", "decisions", "splits"):
        frame = pl.scan_parquet(run.path / f"tables/{table}.parquet")
        copies = pl.LazyFrame({"copy": pl.Series(range(times), dtype=pl.UInt32)})
        many = frame.join(copies, how="cross").with_columns(pl.col("example") + 100 * pl.col("copy"))
        if table == "turns":
            many = many.with_columns(content=pl.col("content") + " and so on" * 40)
        many.sort("example").drop("copy").collect().write_parquet(tmp_path / "many.parquet")
        (tmp_path / "many.parquet").replace(run.path / f"tables/{table}.parquet")
    about = run.manifest
    figures = Summary.from_dict(about["summary"])
    figures = replace(figures, fates={fate: n * times for fate, n in figures.fates.items()})
    figures = replace(figures, sources={source: n * times for source, n in figures.sources.items()})
    before = time.process_time()
    made = report(figures, about, "million", run.path, [])
    assert time.process_time() - before < 5
    assert len(made.encode()) < 3_000_000
