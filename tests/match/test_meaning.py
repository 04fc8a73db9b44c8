"""Rows that ask the same in other words: which are found, which never are, and what is said of the rest."""

from dataclasses import replace

import numpy as np
import orjson
import polars as pl
import pytest

from finesift import pipeline
from finesift.clock import Clock
from finesift.corpus import Corpus, chat
from finesift.match.compare import compare
from finesift.match.meaning import alike
from finesift.recipe import Recipe
from finesift.seen import look
from finesift.tables import ALIKE

ANSWER = "Rub the leaves between your fingers: what smells of lemon is the one that you are looking for."
ASKED = "Which herb in a garden smells like lemon when it is rubbed?"


class Says:
    """Every two different texts are as near as it is told."""

    name = "says"

    def __init__(self, cosine):
        self.cosine, self.asked = cosine, []

    def encode(self, texts):
        self.asked += texts
        shared, own = np.sqrt(self.cosine), np.sqrt(1 - self.cosine)
        vectors = np.zeros((len(texts), 1 + 600), np.float32)
        vectors[:, 0] = shared
        for row, _ in enumerate(texts):
            vectors[row, 1 + (len(self.asked) + row) % 600] = own
        return vectors


def found(*chats, encoder=None, **settings):
    return alike(Corpus.of(chats), encoder, **settings)


def test_politeness_changes_nothing():
    near, compared, _ = found(
        chat(ASKED, ANSWER), chat(f"Hello! {ASKED} Thank you so much in advance.", ANSWER)
    )
    assert near.select("example", "other").rows() == [(0, 1)]
    assert near["score"][0] > 0.9
    assert near["answer"][0] == 1
    assert (compared.prompts, compared.left, compared.model) == (2, 1, None)


@pytest.mark.parametrize(("cosine", "low", "high"), [(0.95, 0.9, 1), (0.3, None, None)])
def test_a_sentence_model_has_the_last_word(cosine, low, high):
    near, compared, _ = found(chat(ASKED, ANSWER), chat(f"Please: {ASKED}", "Balm."), encoder=Says(cosine))
    if low is None:
        assert near.is_empty()
    else:
        assert low < near["score"][0] <= high
        assert near["sentence"][0] == pytest.approx(cosine, abs=0.01)
        assert compared.confirmed == 1


def test_no_more_is_embedded_than_was_asked_for():
    encoder = Says(0.9)
    polite = ("Hello! {}", "{} Thank you!", "Please: {}", "Could you tell me? {}")
    rows = [chat(way.format(ASKED), f"It is number {n}.") for n, way in enumerate(polite)]
    _, compared, _ = found(*rows, encoder=encoder, budget=3)
    assert len(encoder.asked) <= 3
    assert compared.left > 0


@pytest.mark.parametrize(
    "other",
    [
        "Which herb in a garden doesn't smell like lemon when it is rubbed?",
        "Which herb in a garden smells like lemon when it is rubbed 12 times?",
        "Which herb in a garden smells like onion when it is rubbed?",
        "Which herb in Corsica smells like lemon when it is rubbed?",
    ],
)
def test_what_the_guard_sees_is_never_found_whatever_the_vectors_say(other):
    near, _, _ = found(chat(ASKED, ANSWER), chat(other, ANSWER), encoder=Says(0.99))
    assert near.is_empty()


def test_what_words_call_alike_is_left_to_them():
    long = f"{ASKED} I have looked at many of them today, and the label has been washed off by the rain."
    corpus = Corpus.of([chat(long, ANSWER), chat(f"Please: {long}", ANSWER)])
    assert alike(corpus, None)[0].height == 1
    assert alike(replace(corpus, near=compare(corpus)[0]), None)[0].is_empty()


def test_what_was_not_compared_is_counted():
    rows = [
        chat("", "Yes."),
        chat("Go on.", "Yes."),
        chat("这是什么东西？请告诉我。 它 在 哪里 呢", "Yes."),
        chat("word " * 600, "Yes."),
    ]
    _, compared, _ = found(*rows, chat(ASKED, ANSWER))
    assert (compared.prompts, compared.without, compared.foreign, compared.long) == (1, 2, 1, 1)


def test_order_changes_nothing_but_which_comes_first():
    rows = [chat(ASKED, ANSWER), chat(f"Please: {ASKED}", "Balm."), chat("What is the time?", "Noon.")]
    there, back = found(*rows)[0], found(*rows[::-1])[0]
    assert there.drop("example", "other").equals(back.drop("example", "other"))
    assert found()[0].equals(ALIKE.to_frame())


THINGS = [
    *("the attic", "a rowing boat", "the violin", "my bicycle", "an old oak"),
    *("the piano", "a wool coat", "the oven", "a beehive", "the well"),
]
WAYS = [
    "How do I look after {} through the winter?",
    "How do I look after {} through the winter, please. Thank you!",
    "Could you do the following for me? How do I look after {} through the winter?",
    "Hi, I'd like your help: how do I look after {} through the winter?",
]


def test_rewordings_stay_on_one_side_of_the_split(tmp_path):
    rows = [
        chat(way.format(thing), f"Keep {thing} dry, and look at it once a month, says the book on page {n}.")
        for n, thing in enumerate(THINGS)
        for way in WAYS
    ]
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    recipe = Recipe.parse(
        {
            "data": {"train": [str(file)]},
            "model": {"count_tokens": False},
            "split": {"validation": 0.25, "test": 0.25, "minimum": 0},
            "checks": {"paraphrase_duplicate": {"texts": 0}},
        }
    )
    seen = look(recipe, Clock())
    placed, _ = pipeline.place(seen, recipe)
    family = placed.with_columns(family=pl.col("example") // len(WAYS))
    assert (family.group_by("family").agg(pl.col("split").n_unique())["split"] == 1).all()
    assert placed["split"].n_unique() > 1
    run = pipeline.prep(recipe, tmp_path / "run")
    assert run.manifest["summary"]["meaning"]["across"] == 0
    again = pipeline.redecide(run, recipe, tmp_path / "again")
    assert again.manifest["summary"]["meaning"] == run.manifest["summary"]["meaning"]
    assert "by meaning" in (run.path / "report.md").read_text("utf-8")
    assert "In other words" in (run.path / "report.html").read_text("utf-8")
