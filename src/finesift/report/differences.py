"""Two runs side by side, in the terminal and as a page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.report.diff import Diff
from finesift.report.places import place, short_names, shown
from finesift.report.quotes import cut, pieces
from finesift.report.shared import different_spans
from finesift.report.terminal import LABELS
from finesift.report.verdict import Verdict
from finesift.report.words import counted

# Rows of each kind that the page lists; the rest is counted.
LISTED = 200


def terminal(found: Diff, names: tuple[str, str]) -> RenderableType:
    """Two runs side by side. Figures that are equal are left to --json."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for name in (*names, "difference"):
        table.add_column(Text(shown(name)), justify="right", overflow="fold")
    for figure in found.figures:
        if figure.before != figure.after or figure.name in ("rows read", *LABELS):
            apart = f"{figure.after - figure.before:+,}" if figure.after != figure.before else "·"
            name = LABELS.get(figure.name, figure.name)
            table.add_row(Text(shown(name)), f"{figure.before:,}", f"{figure.after:,}", apart)
    parts: list[RenderableType] = [table, ""]
    if found.settings:
        parts.append(Text("made with", style="dim"))
        for setting in found.settings:
            values = " → ".join(
                "none" if value is None else str(value) for value in (setting.before, setting.after)
            )
            parts.append(Text(f"  {shown(setting.name)}: {shown(values)}"))
        parts.append("")
    for what, rows, style in (("gained", found.gained, "green"), ("lost", found.lost, "yellow")):
        text = Text(
            counted(rows.height, f"row {what}", f"rows {what}"), style=style if rows.height else "dim"
        )
        for fate, ids in rows.group_by("fate", maintain_order=True).agg("id").iter_rows():
            text.append(
                f"\n  {LABELS.get(fate, fate)} {len(ids):,}: {_some(ids, len(ids))}", "not bold default"
            )
        parts.append(text)
    text = Text(
        counted(found.changed.height, "row changed", "rows changed"),
        style="bold" if found.changed.height else "dim",
    )
    for change in found.changes:
        text.append(
            f"\n  {_fate(change.before)} → {_fate(change.after)}, {shown(change.reason)}: {change.rows:,}",
            "not bold default",
        )
        text.append(f"\n    {_some(change.ids, change.rows)}", "not bold dim")
    if found.edited.height:
        corrected = counted(
            found.edited.height, "text was corrected by a person", "texts were corrected by people"
        )
        text.append(
            f"\n{corrected}: {_some(found.edited['id'].to_list(), found.edited.height)}", "not bold default"
        )
    return Group(*parts, text)


def page(found: Diff, names: tuple[str, str], abouts: tuple[Mapping[str, Any], Mapping[str, Any]]) -> str:
    """A page that loads nothing. abouts: the manifests. Of rows with secrets no text is quoted."""
    environment = Environment(
        loader=PackageLoader("finesift.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["n"] = lambda number: f"{number:,}"
    environment.filters["shown"] = cut
    short = short_names(file["path"] for about in abouts for file in about["inputs"])
    answers = [
        (cut(name), Verdict.from_dict(about["verdict"]).at(name))
        for name, about in zip(names, abouts, strict=True)
    ]
    gained, lost, changed = (one.height for one in (found.gained, found.lost, found.changed))
    return environment.get_template("diff.html.jinja").render(
        names=[cut(name) for name in names],
        style=Markup((Path(__file__).parent / "page.css").read_text("utf-8")),  # noqa: S704  ours
        answers=answers,
        found=found,
        labels=LABELS,
        always=("rows read", *LABELS),
        rows=f"{counted(gained, 'row')} gained, {lost:,} lost, {changed:,} moved or decided otherwise. "
        "Rows are matched by what they say; figures that are equal are left out.",
        fate=_fate,
        place=lambda where: place(where, short),
        most=LISTED,
        gained=counted(gained, "row gained", "rows gained"),
        lost=counted(lost, "row lost", "rows lost"),
        edits=[
            _edit(one, short) for one in found.edited.filter("quotable").head(LISTED).iter_rows(named=True)
        ],
    )


def _edit(one: Mapping[str, Any], short: Mapping[str, str]) -> dict[str, Any]:
    texts = one["before"] or "", one["after"] or ""
    sides = [pieces(text, spans) for text, spans in zip(texts, different_spans(*texts), strict=True)]
    where = place(f"{one['source']}:{one['row']}", short)
    return {
        "id": one["id"],
        "turn": one["turn"],
        "by": one["by"],
        "why": one["why"],
        "place": where,
        "sides": sides,
    }


def _fate(name: str) -> str:
    fate, review, _ = name.partition(" for review")
    return LABELS.get(fate, fate) + review


def _some(ids: Sequence[str], of: int) -> str:
    return ", ".join(ids[:3]) + (", …" if of > 3 else "")
