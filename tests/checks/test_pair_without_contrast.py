"""Pairs whose sides say the same are found, however spelled; a difference in a digit or a sign is one."""

import pytest

from finesift.corpus import chat, pair

from .table import score


@pytest.mark.parametrize(
    ("row", "least", "most"),
    [
        (pair("A river?", "The Loire.", "The Loire."), 1.0, 1.0),
        (pair("A river?", "The Loire.", "the loire"), 1.0, 1.0),
        (pair("A river?", "The  Loire.\n", "The Loire."), 1.0, 1.0),
        (pair("A river?", "", "The Loire."), 0.5, 0.8),
        (pair("A river?", "The Loire.", " "), 0.5, 0.8),
        (pair("A river?", "The Loire.", "The Alps."), 0, 0),
        (pair("A number?", "1.5", "1.6"), 0, 0),
        (chat("A river?", "The Loire."), 0, 0),
    ],
)
def test_a_pair_without_contrast_is_found(row, least, most):
    assert least <= score("pair_without_contrast", row) <= most
