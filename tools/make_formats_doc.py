"""Writes the tables of docs/formats.md from the reader's own registries and its table of names."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from finesift.read.conversations.kinds import kinds
from finesift.read.conversations.layouts import layouts
from finesift.read.conversations.rendered import FAMILIES
from finesift.read.fields import SLOTS

PAGE = Path(__file__).parents[1] / "docs/formats.md"
BEGINS, ENDS = "<!-- made by tools/make_formats_doc.py -->", "<!-- end -->"


class Known(Protocol):
    """What a registry holds."""

    name: str
    reads: dict[str, Any]

    @property
    def what(self) -> str: ...


def table(known: Iterable[Known]) -> list[str]:
    lines = ["| layout | how it is recognised, and what is kept where | a row |", "|---|---|---|"]
    for one in known:
        row = json.dumps(one.reads, ensure_ascii=False)
        lines.append(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in (one.name, one.what, f"`{row}`")) + " |"
        )
    return lines


def made() -> str:
    families = ", ".join(["Llama 2 or Mistral", *(family.name for family in FAMILIES)])
    lines = [
        "### Plain rows",
        "",
        "Asked in this order; the first that reads a row has it.",
        "",
        *table(kinds()),
        "",
        "### Logs, traces and known sets",
        "",
        "These are put into the fields of plain rows first. A log may hold another layout.",
        "",
        *table(sorted(layouts(), key=lambda one: one.name.lower())),
        "",
        "### Names of fields",
        "",
        "In any case and spelling: `systemPrompt`, `System Prompt` and `system_prompt` are one name.",
        "",
        "| what it is | names, the first wins |",
        "|---|---|",
        *(f"| {slot} | {', '.join(f'`{name}`' for name in names)} |" for slot, names in SLOTS.items()),
        "",
        "### Text that was rendered already",
        "",
        f"A `text` that begins with the marks of {families} is taken apart into its turns, where these, put",
        "together again by one template, are the text to the byte; else it stays a text, and the row says so: its",
        "prompts would be trained too.",
    ]
    return "\n".join(lines)


def page() -> str:
    before, _, rest = PAGE.read_text("utf-8").partition(BEGINS)
    return f"{before}{BEGINS}\n\n{made()}\n\n{ENDS}{rest.partition(ENDS)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"wrote {PAGE}")
