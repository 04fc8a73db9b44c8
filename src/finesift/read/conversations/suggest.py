"""Which columns would make unreadable rows readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from finesift.read.conversations.hints import reading_of
from finesift.read.conversations.shapes import understand
from finesift.read.conversations.turn import Reading
from finesift.read.options import Options
from finesift.read.records.exact_json import Inexact, dump_quick, load_quick
from finesift.read.records.record import Unreadable

# A row is tried by Python, so no more than this many are.
_MOST_TRIED = 1000


@dataclass(frozen=True)
class Suggestion:
    """columns: for the recipe. rows: of those tried, how many can be read with them."""

    columns: dict[str, str]
    rows: int


def suggest(raws: Iterable[bytes]) -> Suggestion | None:
    """The columns that make most of the rows readable, by their names; None where none would."""
    found: Counter[tuple[tuple[str, str], ...]] = Counter()
    for raw, _ in zip(raws, range(_MOST_TRIED), strict=False):
        try:
            record = orjson.loads(raw)
        except orjson.JSONDecodeError:
            continue
        if not isinstance(record, dict) or not (columns := reading_of(record)):
            continue
        reading = Reading(Options(columns=columns), load_quick, dump_quick)
        try:
            understand(record, reading)
        except (Unreadable, Inexact):
            continue
        found[tuple(columns.items())] += 1
    if not found:
        return None
    ((columns_of_most, rows),) = found.most_common(1)
    return Suggestion(dict(columns_of_most), rows)
