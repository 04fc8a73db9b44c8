"""The packaged static encoder: unit vectors, whatever the text, that know words alike."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.data import static_folder
from finesift.embed import pieces as of_words
from finesift.embed.static import Static

ENCODER = Static()


@given(st.lists(st.text(max_size=40), max_size=8))
@settings(max_examples=50, deadline=None)
def test_every_text_has_a_vector_of_length_1_that_others_do_not_change(texts):
    vectors = ENCODER.encode(texts)
    assert vectors.shape == (len(texts), 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.allclose(ENCODER.encode([text])[0], vector, atol=1e-6)


@given(st.lists(st.text(st.characters(max_codepoint=127), max_size=300), max_size=8))
@settings(max_examples=200, deadline=None)
def test_few_texts_have_the_pieces_that_they_have_among_many(texts):
    among = of_words.pieces(texts + ["é"] * 20, ENCODER._tokenizer, 40)
    few = of_words.pieces(texts, ENCODER._tokenizer, 40)
    assert few[1].tolist() == among[1][: len(texts)].tolist()
    assert few[0].tolist() == among[0][: len(few[0])].tolist()


def test_what_says_the_same_is_nearer():
    one, same, other = ENCODER.encode(
        [
            "How do I return a broken kettle?",
            "Returning the kettle that is broken",
            "Write a poem about autumn",
        ]
    )
    assert one @ same > one @ other + 0.1


def test_the_table_is_small():
    assert (static_folder() / "table.npz").stat().st_size < 8_000_000
