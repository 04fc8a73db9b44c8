"""Coverage in the terminal: behaviours against their minimum, what is missing, cells, traffic."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.cover.cover import Coverage, Have, Traffic, Uncovered
from finesift.cover.plan import ENOUGH_EXAMPLES
from finesift.report.places import shown

_BAR = 12
# Lines of lists that may be long.
_MOST = 8


def table(found: Coverage) -> RenderableType:
    parts: list[RenderableType] = [_answer(found), "", _behaviours(found)]
    if few := [have.name for have in found.behaviours if have.examples - 1 < ENOUGH_EXAMPLES]:
        parts.append(
            Text(
                f"rough, for fewer than {ENOUGH_EXAMPLES} examples: {_some(few)}",
                style="yellow",
            )
        )
    for one, other, text in found.shared[:_MOST]:
        said = f"{shown(one)} and {shown(other)} have an example in common, so rows like it are sure of neither: "
        parts.append(Text(said + shown(" ".join(text.split())[:70]), style="yellow"))
    for attribute, cells in found.cells.items():
        empty = {(name, value) for of, name, value in found.empty if of == attribute}
        parts += ["", _cells(attribute, cells, empty)]
    if found.mismatches:
        parts += ["", _mismatches(found)]
    if found.outside:
        parts += [
            "",
            Text(f"{found.outside:,} rows are in no behaviour of the plan:"),
            *[_uncovered(one) for one in found.outside_groups[:_MOST]],
        ]
    if found.traffic:
        parts += ["", _traffic(found.traffic)]
    return Group(*parts)


def _answer(found: Coverage) -> Text:
    missed = found.missed
    said = (
        f"{len(missed)} of {len(found.behaviours)} behaviours are under their minimum: "
        + _some([have.name for have in missed])
        if missed
        else f"all {len(found.behaviours)} behaviours have their minimum"
    )
    text = Text(said, style="bold yellow" if missed else "bold green")
    text.append(f"\ncoverage {found.one:.2f}", "not bold default")
    if found.weighted != found.one:
        text.append(f", {found.weighted:.2f} by weight", "not bold default")
    return text.append(f"; {found.rows:,} rows", "not bold dim")


def _behaviours(found: Coverage) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("behaviour", overflow="fold")
    for name in ("have", "want", "between", "distinct", "unsure"):
        table.add_column(name, justify="right")
    table.add_column("", no_wrap=True, min_width=_BAR)
    for have in found.behaviours:
        table.add_row(
            Text(shown(have.name)),
            f"{have.have:,}",
            f"{have.want:,}",
            f"{have.low:,}-{have.high:,}",
            f"{have.distinct:,}",
            f"{have.unsure:,}" if have.unsure else "·",
            _bar(have),
        )
    return table


def _bar(have: Have) -> Text:
    full, likely = (
        _BAR if not have.want else min(_BAR, round(_BAR * rows / have.want))
        for rows in (have.have, have.have + have.unsure)
    )
    style = "green" if not have.missing else "red" if not likely else "yellow"
    return Text("█" * full + "▒" * (likely - full) + "░" * (_BAR - likely), style=style)


def _cells(attribute: str, cells: dict[str, dict[str, int]], empty: set[tuple[str, str]]) -> RenderableType:
    values = list(next(iter(cells.values()), {}))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(attribute, overflow="fold")
    for value in values:
        table.add_column(value, justify="right")
    for name, counts in cells.items():
        table.add_row(
            Text(shown(name)),
            *[
                Text(f"{counts[value]:,}", style="red" if not counts[value] or (name, value) in empty else "")
                for value in values
            ],
        )
    return table


def _mismatches(found: Coverage) -> Text:
    rows = len(found.mismatches)
    text = Text(
        f"{rows:,} {'answer is' if rows == 1 else 'answers are'} not what the plan wants:", style="yellow"
    )
    for one in found.mismatches[:_MOST]:
        text.append(
            f"\n  {one.id[:8]}  {shown(one.behaviour)}: wanted {one.wanted}, {one.outcome}", "default"
        )
    if rows > _MOST:
        text.append(f"\n  and {rows - _MOST:,} more: --json lists them", "dim")
    return text


def _traffic(traffic: Traffic) -> RenderableType:
    head = Text(
        f"{traffic.covered:.0%} of {traffic.requests:,} requests have a training row that is near", "bold"
    )
    head.append(f"; {traffic.idle:,} training rows are near none", "not bold dim")
    return Group(head, *[_uncovered(one) for one in traffic.uncovered[:_MOST]])


def _uncovered(one: Uncovered) -> Text:
    text = Text(f"  {one.rows:>6,}  {shown(one.name)}")
    typical = " ".join(one.typical[0].split())[:70] if one.typical else ""
    return text.append(f"  {shown(typical)}", "dim")


def _some(names: list[str]) -> str:
    named = ", ".join(shown(name) for name in names[:5])
    return f"{named} and {len(names) - 5} more" if len(names) > 5 else named
