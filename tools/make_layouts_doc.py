"""Writes docs/layouts.md from the reader's own registry of layouts and tables of names."""

from __future__ import annotations

import json
from pathlib import Path

from finesift.read.conversations.layouts import layouts
from finesift.read.conversations.rendered import FAMILIES
from finesift.read.fields import SLOTS

PAGE = Path(__file__).parents[1] / "docs/layouts.md"


def page() -> str:
    lines = [
        "# Known layouts",
        "",
        "What a row means is told by the names of its fields, in any case and spelling (`systemPrompt`,",
        "`System Prompt`, `system_prompt`); the recipe's `data.columns` names what is called otherwise. A field that",
        "by its name changes what is trained and was not used is a finding on the row (`unread_field`).",
        "[Formats](formats.md) tells which files are read and what is written.",
        "",
        "## Fields",
        "",
        "| what it is | names, the first wins |",
        "|---|---|",
        *(f"| {slot} | {', '.join(f'`{name}`' for name in names)} |" for slot, names in SLOTS.items()),
        "",
        "## Logs, traces and known sets",
        "",
    ]
    for known in sorted(layouts(), key=lambda one: one.name.lower()):
        example = json.dumps(known.reads, ensure_ascii=False, indent=1)
        lines += [f"### {known.name}", "", known.what, "", "```json", example, "```", ""]
    lines += [
        "## Text that was rendered already",
        "",
        "A `text` that begins with the marks of "
        + ", ".join(["Llama 2 or Mistral", *(family.name for family in FAMILIES)])
        + " is",
        "taken apart into its turns, where these, put together again by one template, are the text to the byte; else",
        "it stays a text, and the row says so: its prompts would be trained too.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"wrote {PAGE}")
