"""What a generation came to, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.generate.blind import Blind, Side
from finesift.generate.loop import Generated, Yield
from finesift.report.places import shown


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
            Text(_left(one, reasons), "dim"),
        )
    rows = len(found.accepted)
    head = Text(f"{shown(out)}/accepted.jsonl: {rows:,} {'row' if rows == 1 else 'rows'}", "bold")
    head.append(f"; {found.stopped}", "not bold")
    look = "none trains before a person saw it: add the file to `prep`, then  finesift review RUN --lot synthetic"
    parts: list[RenderableType] = [head, table]
    if not found.counted:
        parts.append(Text("the server counts no tokens: estimated as one for three characters", "dim"))
    if found.blind is not None:
        parts += [Text(), _blind(found.blind)]
    return Group(*parts, Text(look, "dim"))


def _left(one: Yield, reasons: Sequence[tuple[str, int]]) -> str:
    """What became of the answers that the behaviour did not get."""
    told = [f"{name} {rows:,}" for name, rows in reasons]
    told += [f"{one.elsewhere:,} accepted for another behaviour"] if one.elsewhere else []
    return ", ".join(told)


def _blind(found: Blind) -> RenderableType:
    """Generated rows beside natural ones, and what tells them apart."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("blind spots")
    for name in ("generated", "natural"):
        table.add_column(name, justify="right", overflow="fold")
    sides = (found.generated, found.natural)
    rows: list[tuple[str, list[str]]] = [
        ("characters of a request, of an answer", [f"{one.request:,}, {one.answer:,}" for one in sides]),
        (
            "different words, pairs, triples of words",
            [", ".join(f"{n:.2f}" for n in one.distinct) for one in sides],
        ),
        ("nearest other request: cosine, ROUGE-L", [f"{one.alike:.2f}, {one.rouge:.2f}" for one in sides]),
        ("answers begin alike", [f"{one.opening[1]:.0%} {shown(one.opening[0])}" for one in sides]),
        ("decline, hedge", [f"{one.declines:.0%}, {one.hedges:.0%}" for one in sides]),
        (
            "languages",
            [
                ", ".join(f"{name} {share:.0%}" for name, share in [*one.languages.items()][:3])
                for one in sides
            ],
        ),
        ("name", [_named(one) for one in sides]),
        ("different names, the most frequent", [_names(one) for one in sides]),
        (
            f"on the map: of {found.map.groups} groups, as of even ones",
            [f"{n}, {even:.1f}" for n, even in zip(found.map.reached, found.map.even, strict=True)],
        ),
        (
            "give them away",
            [shown(" ".join(words)) for words in (found.generated_words, found.natural_words)],
        ),
    ]
    for name, cells in rows:
        table.add_row(name, *map(Text, cells))
    told = f"told apart {found.told_apart:.0%} of the time (50 % is chance), {sides[0].rows:,} rows each"
    lacking = f"; never {', '.join(found.missing)}" if found.missing else ""
    parts: list[RenderableType] = [table, Text(told + lacking)]
    for name, typical in found.map.lacking[:3]:
        parts.append(Text(f"no generated row is near {shown(name)}: {shown(' '.join(typical.split())[:80])}"))
    return Group(*parts)


def _named(side: Side) -> str:
    """What rows name, the most frequent kinds first."""
    some = sorted(side.entities.items(), key=lambda one: -one[1])[:4]
    return ", ".join(f"{kind} {share:.0%}" for kind, share in some if share) or "·"


def _names(side: Side) -> str:
    count, name, share = side.names
    return f"{count:,}: {shown(name)} {share:.0%}" if count else "·"
