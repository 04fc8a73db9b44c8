"""What a generation came to, in the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.generate.loop import Generated
from finesift.report.terminal import shown


def report(found: Generated, out: str) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("behaviour", overflow="fold")
    for name in ("wanted", "asked", "accepted", "tokens", "cost"):
        table.add_column(name, justify="right")
    table.add_column("rejected for", overflow="fold")
    for one in found.yields:
        reasons = sorted(one.rejected.items(), key=lambda item: -item[1])[:4]
        table.add_row(
            Text(shown(one.behaviour)),
            *(f"{number:,}" for number in (one.wanted, one.asked, one.accepted)),
            f"{one.prompt_tokens + one.completion_tokens:,}",
            f"{one.cost:.4f}" if one.cost else "·",
            Text(", ".join(f"{name} {rows:,}" for name, rows in reasons), "dim"),
        )
    rows = len(found.accepted)
    head = Text(f"{shown(out)}/accepted.jsonl: {rows:,} {'row' if rows == 1 else 'rows'}", "bold")
    head.append(f"; {found.stopped}", "not bold")
    look = "none trains before a person saw it: add the file to `prep`, then  finesift review RUN --lot synthetic"
    return Group(head, table, Text(look, "dim"))
