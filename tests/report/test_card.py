import pytest

from finesift.report.card import size_category


@pytest.mark.parametrize(
    "rows, category",
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (52_002, "10K<n<100K"),
        (9_999_999, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
    ],
)
def test_the_hub_knows_the_size(rows, category):
    assert size_category(rows) == category
