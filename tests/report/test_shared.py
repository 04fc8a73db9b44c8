"""What two texts share is marked in both."""

import pytest

from finesift.report.shared import shared_spans


@pytest.mark.parametrize(
    "one, other, shared",
    [
        ("The keeper counts the ships.", "At dusk the keeper counts the ships!", "keeper counts the ships"),
        ("one two", "one two", "one two"),
        ("nothing here is shared", "but this one says so", None),
        ("", "", None),
        ("Größe: zwölf Meter hoch", "GRÖSSE: ZWÖLF METER HOCH", "Größe: zwölf Meter hoch"),
    ],
)
def test_runs_of_words_that_both_have(one, other, shared):
    mine, theirs = shared_spans(one, other)
    assert len(mine) == len(theirs)
    marked = " ".join(one[start:end] for start, end in mine)
    assert (shared or "") in marked and bool(mine) == (shared is not None)
    assert all(0 <= start < end <= len(other) for start, end in theirs)
