"""What was replaced by placeholders, in a sentence, for the report, the card and the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def redacted(about: Mapping[str, Any]) -> Iterator[str]:
    """about: the manifest."""
    kinds = about.get("redacted") or {}
    if not kinds:
        return
    values, places = (sum(one[what] for one in kinds.values()) for what in ("values", "places"))
    named = ", ".join(f"{kind} {one['values']:,}" for kind, one in kinds.items())
    where = f"{places:,} {'place' if places == 1 else 'places'}"
    yield (
        f"{values:,} {'secret is' if values == 1 else 'secrets are'} replaced by placeholders such as "
        f"[{next(iter(kinds)).upper()}_1], in {where}: {named}. What they stand "
        "for is kept beside the run, not in it."
    )
