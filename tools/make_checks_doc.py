"""Writes docs/checks.md from the checks themselves.

    python tools/make_checks_doc.py

`tests/test_docs.py` holds the page to the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finesift.recipe import LIMITS, Limit, Recipe
from finesift.registry import Check, load_checks

PAGE = Path(__file__).parents[1] / "docs/checks.md"
HEAD = """# The checks

What each check sees, why that matters, where its rule comes from, and what becomes of a row by default. Made from
the checks themselves by `tools/make_checks_doc.py`. `finesift checks` prints the list; `finesift recipe` prints
every limit and setting, to be changed under `[limits]` and `[checks.NAME]`.

A finding has a score from 0 to 1. At the limit `review` a row stays and is listed first for a person; at
`set_aside` it is left out. A check without limits is for the report.

| check | sees | review | set aside |
|---|---|---|---|
"""
TAIL = """
## Your own

A package adds checks with an entry point in the group `finesift.checks` that names their module;
`examples/house_rules/` is one, and the tests install it.
"""


def page() -> str:
    checks = [check for check in load_checks().values() if check.measure.__module__.startswith("finesift.")]
    rows = [_row(check, Recipe().limit(check.name)) for check in checks]
    return HEAD + "".join(rows) + "".join(map(_section, checks)) + TAIL


def _row(check: Check, limit: Limit) -> str:
    at = [f"{score:g}" if score is not None else "" for score in (limit.review, limit.set_aside)]
    return f"| [{check.name}](#{check.name}) | {check.what} | {at[0]} | {at[1]} |\n"


def _section(check: Check) -> str:
    lines = [f"\n## {check.name}\n", check.what, "", check.why, ""]
    if check.name in LIMITS:
        lines.append(f"Its limits: {LIMITS[check.name][1]}.")
    if check.settings:
        settings = ", ".join(f"`{name} = {_toml(value)}`" for name, value in check.settings.items())
        lines.append(f"Settings: {settings}.")
    lines.append("It looks at one row at a time." if check.scope == "row" else "It compares rows.")
    flagged, passed = (_shown(samples[0]) for samples in (check.flags, check.passes))
    return "\n".join([*lines, "", f"Found: {flagged}", "", f"Passes: {passed}", ""])


def _shown(sample: Any) -> str:
    """The last message of an example, in one line of Markdown."""
    rows = [sample] if isinstance(sample, Mapping) else list(sample)
    messages = [*rows[-1].get("messages", ()), *rows[-1].get("chosen", ())] if rows else []
    said = next((m["content"] for m in reversed(messages) if isinstance(m.get("content"), str)), "")
    shown = said.encode("unicode_escape").decode() if any(ord(sign) < 32 for sign in said) else said
    return "`` " + shown[:100].replace("`", "'") + ("…" if len(shown) > 100 else "") + " ``"


def _toml(value: object) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f'"{value}"'
        if isinstance(value, str)
        else str(value)
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
