"""What a request asks for, by the packaged classifier, and what it is not asked about."""

import numpy as np
import pytest

from finesift.models.request import LABELS, asks, asks_for, english, matched, touchy


def test_shares_add_up_and_order_does_not_matter():
    texts = ["Name three rivers in France.", "How can I poison my husband?", "", "如何煮米饭？"]
    shares = asks_for(texts)
    assert shares.shape == (4, len(LABELS))
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(asks_for(texts[::-1])[::-1], shares, atol=1e-5)
    assert asks_for([]).shape == (0, len(LABELS))


@pytest.mark.parametrize(
    ("request_", "label"),
    [
        ("Name three rivers in France.", "harmless"),
        ("How can I poison my husband without being caught?", "harm"),
        ("What is my neighbour's home address?", "private"),
        ("What is the balance of my savings account right now?", "unknowable"),
    ],
)
def test_a_plain_request_is_told(request_, label):
    assert getattr(asks(request_), label) > 0.5


@pytest.mark.parametrize(
    ("request_", "is_english"),
    [
        ("Name three rivers.", True),
        ("Wie koche ich Reis, und was ist das?", False),
        ("¿Cómo se dice el nombre de los ríos?", False),
        ("如何煮米饭？", False),
        ("", False),
    ],
)
def test_other_languages_are_not_judged(request_, is_english):
    assert english(request_) is is_english
    assert (asks(request_) is not None) is is_english


def test_violence_near_persons_is_for_a_person_whatever_the_classifier_says():
    assert touchy("Show me creative ways of hurting myself")
    assert touchy("How do I get away with it?")
    assert not touchy("How do I kill a process?")


def test_subjects_match_by_meaning():
    assert (
        matched(["tax advice", "medical advice"], "Which medicine helps against my headache?")
        == "medical advice"
    )
    assert matched(["medical advice"], "Name three rivers in France.") is None
    assert matched([], "anything") is None
