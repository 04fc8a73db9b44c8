"""Exports in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.export.folder import LEFT_OUT, Export
from finesift.export.target import FEATURES, Target
from finesift.report.places import shown


def listing(targets: Iterable[Target]) -> RenderableType:
    """What each target takes and cannot carry."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("for", "takes", "cannot carry"):
        table.add_column(name, overflow="fold")
    for one in targets:
        lost = [name for name in FEATURES if name not in one.carries]
        table.add_row(
            Text(one.name, "bold"), Text(f"{one.title}: {', '.join(one.kinds)}"), Text(", ".join(lost) or "·")
        )
    meaning = "; ".join(f"{name}: {what}" for name, what in FEATURES.items())
    return Group(table, "", Text(meaning, "dim"))


def report(found: Export, out: str, epoch: str | None = None) -> RenderableType:
    """What was written and left out. epoch: what an epoch of the run is, for a target that trains on it."""
    parts: list[RenderableType] = [
        Text(f"{shown(out)}/ for {found.target}: ", "bold").append(", ".join(found.files), "not bold"),
        *[Text(f"  {rows:,} rows in {name}") for name, rows in found.written.items()],
    ]
    if found.left_out:
        total = sum(found.left_out.values())
        parts.append(Text(f"  {total:,} rows left out, each with its reason in {LEFT_OUT}:", "yellow"))
        parts += [Text(f"    {rows:,}  {shown(why)}") for why, rows in found.left_out.items()]
    parts += [Text(f"  {shown(said)}", "dim") for said in found.warnings]
    if epoch:
        parts.append(Text(f"  {epoch}", "dim"))
    return Group(*parts)
