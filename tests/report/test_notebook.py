"""What a notebook shows of a run and of a corpus: small, and nothing in the data is markup."""

from finesift import pipeline
from finesift.corpus import Corpus, chat
from finesift.recipe import Recipe

HOSTILE = "<script>alert(1)</script>" * 100


def test_a_corpus_shows_what_was_read():
    shown = Corpus.of([chat("Hi", HOSTILE)] * 1000)._repr_html_()
    assert "<td>rows</td><td>1000</td>" in shown and "&lt;script&gt;" in shown
    assert "<script" not in shown and len(shown) < 4_000


def test_an_empty_corpus_shows_that():
    assert "<td>rows</td><td>0</td>" in Corpus.of([])._repr_html_()


def test_a_run_shows_where_every_row_went(jsonl, tmp_path):
    data = jsonl([chat("Hi", ""), chat("Hello", "There.")], name="<b>.jsonl")
    recipe = Recipe.parse({"data": {"train": [str(data)]}, "model": {"count_tokens": False}})
    shown = pipeline.prep(recipe, tmp_path / "<i>run")._repr_html_()
    assert "<td>set aside</td><td>1</td>" in shown and "<td>empty_answer</td>" in shown
    assert "&lt;i&gt;run" in shown and "<i>" not in shown
