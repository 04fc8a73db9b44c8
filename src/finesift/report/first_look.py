"""An inspection in the terminal: the files one by one, what of them is odd, and what to do next."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.read.fields import mappings
from finesift.report.inspection import File, Inspection
from finesift.report.places import Place, short_names, shortened, shown
from finesift.report.summary import Summary
from finesift.report.terminal import checks_seen, lengths, malformed, masks, unused
from finesift.report.words import counted, percent

_MOST_FILES = 40
_MOST_EXAMPLES = 5
# Of the rows of a file, from where on there is no doubt what it is.
_SURE = 0.995


def inspection(seen: Inspection) -> RenderableType:
    """A first look: the files one by one, the summary, and what to do next."""
    figures = seen.summary
    parts: list[RenderableType] = [_files(seen), *_doubts(seen), "", *_examples(seen)]
    if figures.unused:
        parts += [Text(unused(figures)), ""]
    if seen.drawn is not None:
        parts += [_of_drawn(seen.drawn), ""]
    if figures.checks:
        parts += [checks_seen(figures), ""]
    parts += [_distribution(figures), lengths(figures)]
    if figures.masks:
        of = "of all rows read" if seen.drawn is None else f"of the {seen.drawn:,} rows drawn"
        parts.append(masks(figures.masks, short_names(figures.sources), of=of))
    if figures.malformed:
        parts += ["", malformed(figures, short_names(figures.sources))]
    return Group(*parts, "", _next(seen))


def _files(seen: Inspection) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("file", "rows", "unreadable", "turns", "read as"):
        right = name in ("rows", "unreadable", "turns")
        table.add_column(name, justify="right" if right else "left", no_wrap=name == "file")
    for source, file in list(seen.files.items())[:_MOST_FILES]:
        turns = f"{file.turns['50%']:,}, up to {file.turns['100%']:,}" if file.turns else ""
        table.add_row(
            Place(source),
            f"{file.rows:,}",
            f"{file.unreadable:,}" if file.unreadable else "·",
            turns,
            Text(_read_as(file)),
        )
    if len(seen.files) > _MOST_FILES:
        table.add_row(f"and {len(seen.files) - _MOST_FILES:,} more files")
    if len(seen.files) > 1:
        table.add_row("all", f"{seen.summary.rows:,}", f"{seen.next.unreadable:,}")
    return table


def _read_as(file: File) -> str:
    """The layout, and how sure that is, in words."""
    if not file.layout:
        return "no known layout"
    return f"{shown(file.layout)}, {'sure' if file.share >= _SURE else percent(file.share) + ' sure'}"


def _doubts(seen: Inspection) -> list[RenderableType]:
    return [
        Text(f"{shortened(shown(source))}: {counted(rows, 'row')}: {why}", "yellow")
        for source, file in list(seen.files.items())[:_MOST_FILES]
        for why, rows in file.doubts.items()
    ]


def _examples(seen: Inspection) -> list[RenderableType]:
    """A row of each of the first files, as it came in and as it was read."""
    parts: list[RenderableType] = []
    for source, file in list(seen.files.items())[:_MOST_EXAMPLES]:
        if file.shown is None:
            continue
        text = Text(f"{shortened(shown(source))}:{file.shown.row}", "bold")
        text.append(f"\n  before  {shown(file.shown.before)}", "not bold dim")
        for who, said in file.shown.after:
            text.append(f"\n  {who}: ", "not bold cyan").append(shown(said), "not bold default")
        parts += [text, ""]
    return parts


def _distribution(figures: Summary) -> RenderableType:
    """How long rows are: of so many in a hundred, at most so many characters or tokens."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("per row, at most")
    for name in figures.characters:
        table.add_column(name.replace("%", " %"), justify="right")
    for unit, sizes in (("characters", figures.characters), ("tokens", figures.tokens)):
        if sizes:
            table.add_row(unit, *(f"{length:,}" for length in sizes.values()))
    return table if figures.characters else Text()


def _of_drawn(drawn: int) -> RenderableType:
    return Text(
        f"Checks, tokens and masks are of {drawn:,} rows that were drawn, and rows were not compared with one another; "
        "with --all they are of all rows.",
        "yellow",
    )


def _next(seen: Inspection) -> RenderableType:
    """What `prep` would do, and what to tell it first."""
    ahead = seen.next
    of_drawn = "" if seen.drawn is None else f"of the {seen.drawn:,} rows drawn, compared with no other, "
    text = Text("next: ", "bold").append(
        f"{of_drawn}prep would keep {counted(ahead.keep, 'row')}, {ahead.review:,} of them for review, set aside "
        f"{ahead.set_aside:,} and leave {ahead.unreadable:,} unreadable.",
        "not bold",
    )
    if found := ahead.suggestion:
        said = [f'"{shown(name)}" looks like {slot}' for name, slot in found.columns.items()]
        text.append(
            f"\nOf the unreadable rows, {found.rows:,} can be read if columns are what they look like: "
            f"{', '.join(said)}. Add this to the recipe:\n\n  [data]\n  {shown(mappings(found.columns))}",
            "not bold",
        )
    return text
