"""What people decided, in sentences, for the report and the card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def reviewed(about: Mapping[str, Any]) -> Iterator[str]:
    """about: the manifest. Texts in it, such as names of people, are not escaped."""
    review = about.get("review") or {}
    if rows := review.get("rows"):
        people, edited = len(review["people"]), len(review["edited"])
        lines = review["journal"]["lines"]
        yield (
            f"{_count(people, 'person decided', 'people decided')} on {_count(rows, 'row')}; "
            f"{_count(edited, 'of them was', 'of them were')} corrected. "
            f"The journal has {_count(lines, 'line')}; the hash of the last begins with "
            f"{review['journal']['head'][:16]}."
        )
        if elsewhere := review["elsewhere"]:
            yield f"{_count(elsewhere, 'decision is', 'decisions are')} about rows that are not in this data."
        for pair in review["agreement"]["pairs"]:
            kappa = "not defined" if pair["kappa"] is None else f"{pair['kappa']:.2f}"
            yield (
                f"{' and '.join(pair['people'])} said the same of {pair['same']:,} of {pair['rows']:,} rows that both "
                f"read; Cohen's kappa is {kappa}."
            )
        for one in review["agreement"]["oneself"]:
            yield f"{one['person']} said the same of {one['same']:,} of {one['rows']:,} rows shown twice."
    for lot in review.get("lots", ()):
        low, high = lot["interval"]
        yield (
            f"The lot {lot['lot']} ({lot['rows']:,} rows, at most {lot['max_error']:g} wrong at {lot['confidence']:g} "
            f"confidence): {_ANSWERS[lot['answer']]}. {lot['errors']:,} of {lot['read']:,} rows read were wrong, "
            f"which is {100 * low:.1f} to {100 * high:.1f} % of all."
        )


_ANSWERS = {
    "accepted": "accepted",
    "rejected": "rejected, and set aside but for rows that a person kept",
    "read on": "not settled yet, and set aside until it is",
}


def _count(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"
