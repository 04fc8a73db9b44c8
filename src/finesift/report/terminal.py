"""What a person sees in the terminal. Text that comes from data is shown, never obeyed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from finesift.read.fields import mappings
from finesift.report.held_out import ENGLISH
from finesift.report.inspection import File, Inspection
from finesift.report.markdown import opened, split_sentence
from finesift.report.meaning import sentences
from finesift.report.redacted import redacted
from finesift.report.summary import Masks, Summary
from finesift.report.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from finesift.chat.lint import Remark
    from finesift.recipe import Recipe
    from finesift.registry import Check
    from finesift.report.diff import Diff
    from finesift.run import Run

LABELS = {
    "train": "train",
    "validation": "validation",
    "test": "test, sealed",
    "set_aside": "set aside",
    "unreadable": "unreadable",
}
COLOURS = {
    "train": "green",
    "validation": "cyan",
    "test": "blue",
    "set_aside": "yellow",
    "unreadable": "red",
}
_STATES = {"train": "green", "train after these": "yellow", "do not train": "red"}
_BAR = 32
# Steps that stand in the terminal: with where rows went that makes fifteen lines.
_MOST_STEPS = 5
_MOST_FILES = 40
_MOST_NAMED = 20
_MOST_EXAMPLES = 5
_LONGEST_PATH, _SHORTEST_PATH = 36, 24
# Of the rows of a file, from where on there is no doubt what it is.
_SURE = 0.995


def console(*, stderr: bool = False) -> Console:
    return Console(
        stderr=stderr, highlight=False, soft_wrap=not (sys.stderr if stderr else sys.stdout).isatty()
    )


def shown(text: str) -> str:
    """Text with control characters spelled out: no escape sequence in data may reach the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)


def summary(figures: Summary) -> RenderableType:
    parts: list[RenderableType] = []
    parts += [_fates(figures), ""]
    if figures.checks:
        parts += [_checks(figures), ""]
    if figures.held_out:
        parts += [_held_out(figures), ""]
    parts.append(_lengths(figures))
    if figures.masks:
        parts.append(_masks(figures.masks))
    if figures.epoch:
        parts += ["", Text(figures.epoch.sentence())]
    if figures.split:
        parts += [
            "",
            Text(split_sentence(figures.split)),
            *[Text(said, style="yellow") for said in figures.split.small],
        ]
        parts += [
            Text(
                f"{sum(side.rows.values()):,} training rows hold some of {side.touched:,} rows of {side.name}, word "
                "for word or in part: see the report.",
                style="yellow",
            )
            for side in figures.between
            if side.touched
        ]
        if figures.split.giants:
            largest = figures.split.giants[0]
            parts.append(
                Text(
                    f"{figures.split.in_giants:,} rows are in groups too large to be held back (the largest has "
                    f"{largest[1]:,}) and are trained on.",
                    style="yellow",
                )
            )
    if figures.meaning:
        parts += ["", Text(" ".join(sentences(figures.meaning)))]
    if figures.unused:
        parts += ["", Text(unused(figures))]
    if figures.malformed:
        parts += ["", _malformed(figures)]
    return Group(*parts)


def unused(figures: Summary) -> str:
    """The fields that went to `extra`, by name and count."""
    named = [f"{shown(name[:60])} {rows:,}" for name, rows in list(figures.unused.items())[:_MOST_NAMED]]
    more = [f"and {len(figures.unused) - _MOST_NAMED} more"] if len(figures.unused) > _MOST_NAMED else []
    return f"not used, kept in extra: {', '.join(named + more)}"


def inspection(seen: Inspection) -> RenderableType:
    """A first look: the files one by one, the summary, and what to do next."""
    figures = seen.summary
    parts: list[RenderableType] = [_files(seen), *_doubts(seen), "", *_examples(seen)]
    if figures.unused:
        parts += [Text(unused(figures)), ""]
    if figures.checks:
        parts += [_checks(figures), ""]
    parts += [_distribution(figures), _lengths(figures)]
    if figures.masks:
        parts.append(_masks(figures.masks))
    if figures.malformed:
        parts += ["", _malformed(figures)]
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
    return f"{shown(file.layout)}, {'sure' if file.share >= _SURE else f'{file.share:.0%} sure'}"


def _doubts(seen: Inspection) -> list[RenderableType]:
    return [
        Text(f"{shortened(shown(source))}: {rows:,} rows: {why}", "yellow")
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


def shortened(path: str, most: int = _LONGEST_PATH) -> str:
    """A path with its end whole: the name of the file tells files apart, the folders before it seldom do."""
    if cell_len(path) <= most:
        return path
    while path and cell_len(path) >= most:
        path = path[1:]
    return f"…{path}"


class Place:
    """A path in a table, shortened from the left to what there is room for."""

    def __init__(self, path: str) -> None:
        self.path = shown(path)

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        room = min(cell_len(self.path), _LONGEST_PATH, options.max_width)
        return Measurement(min(room, _SHORTEST_PATH), room)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(shortened(self.path, options.max_width))


def _distribution(figures: Summary) -> RenderableType:
    """How long rows are: of so many in a hundred, at most so many characters or tokens."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("per row, at most")
    for name in figures.characters:
        table.add_column(name.replace("%", " %"), justify="right")
    for unit, lengths in (("characters", figures.characters), ("tokens", figures.tokens)):
        if lengths:
            table.add_row(unit, *(f"{length:,}" for length in lengths.values()))
    return table if figures.characters else Text()


def _next(seen: Inspection) -> RenderableType:
    """What `prep` would do, and what to tell it first."""
    ahead = seen.next
    text = Text("next: ", "bold").append(
        f"prep would keep {ahead.keep:,} rows, {ahead.review:,} of them for review, set aside "
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


def run(made: Run, *, full: bool = False) -> RenderableType:
    """A run just made: whether to train on it and what first, where rows went, and where to look. full: all figures."""
    figures = Summary.from_dict(made.manifest["summary"])
    seconds = sum(made.manifest["seconds"].values())
    answer = Verdict.from_dict(made.manifest["verdict"]).at(str(made.path))
    done = Text(f"{shown(str(made.path))}/ written in {seconds:.1f} s; look at ")
    done.append(shown(str(made.path / "report.html")), style="bold")
    if full:
        return Group(verdict(answer, len(answer.steps)), "", summary(figures), "", done)
    done.append("; --full shows all figures", "dim")
    told = [Text(said) for said in redacted(made.manifest)]
    return Group(verdict(answer), "", _fates(figures), *told, "", done)


def verdict(answer: Verdict, most: int = _MOST_STEPS) -> RenderableType:
    """The answer, and of the steps that come first so many, each with what to copy."""
    steps = answer.steps if most >= len(answer.steps) else answer.first
    shown_, rest = (steps, 0) if len(steps) <= most else (steps[: most - 1], len(steps) - most + 1)
    parts: list[RenderableType] = [Text(answer.sentence(), style=f"bold {_STATES[answer.state]}")]
    for step in shown_:
        effort = f" ({step.minutes} min)" if step.minutes > 1 else ""
        parts.append(Text(f"  {shown(step.what)}{effort}: ").append(shown(step.do), "bold"))
    if rest:
        parts.append(Text(f"  and {rest} more: --full, or the report"))
    return Group(*parts)


def brief(made: Run) -> Text:
    """A run in one line."""
    figures = Summary.from_dict(made.manifest["summary"])
    answer = Verdict.from_dict(made.manifest["verdict"])
    kept = sum(figures.fates[fate] for fate in ("train", "validation", "test"))
    review = f", {figures.reviews:,} for review" if figures.reviews else ""
    text = Text(f"{shown(str(made.path))}: {answer.sentence()}", style=_STATES[answer.state])
    return text.append(f"; {kept:,} of {figures.rows:,} rows kept{review}", "default")


def diff(found: Diff, names: tuple[str, str]) -> RenderableType:
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
        text = Text(f"{rows.height:,} rows {what}", style=style if rows.height else "dim")
        for fate, ids in rows.group_by("fate", maintain_order=True).agg("id").iter_rows():
            text.append(
                f"\n  {LABELS.get(fate, fate)} {len(ids):,}: {_some(ids, len(ids))}", "not bold default"
            )
        parts.append(text)
    text = Text(f"{found.changed.height:,} rows changed", style="bold" if found.changed.height else "dim")
    for change in found.changes:
        text.append(
            f"\n  {_fate(change.before)} → {_fate(change.after)}, {shown(change.reason)}: {change.rows:,}",
            "not bold default",
        )
        text.append(f"\n    {_some(change.ids, change.rows)}", "not bold dim")
    return Group(*parts, text)


def _fate(name: str) -> str:
    fate, review, _ = name.partition(" for review")
    return LABELS.get(fate, fate) + review


def _some(ids: Sequence[str], of: int) -> str:
    return ", ".join(ids[:3]) + (", …" if of > 3 else "")


def unsealed(paths: Sequence[Path], about: dict[str, Any]) -> RenderableType:
    """The test set lies open."""
    text = Text(", ".join(shown(str(path)) for path in paths), style="bold").append(
        f" {'is' if len(paths) == 1 else 'are'} the test set; the opening is on record.", "not bold"
    )
    return Group(text, Text(opened(about), style="dim" if about["openings"] == 1 else "yellow"))


def verified(run: Path, faults: list[str], about: dict[str, Any]) -> RenderableType:
    """Whether a run folder is what it was, and whether its seal was opened."""
    if not faults:
        held = Text(
            f"{shown(str(run))} is what was written: hashes, sums, seal and record hold.", style="green"
        )
        return Group(held, Text(opened(about), style="dim"))
    return Group(*[Text(shown(fault), style="red") for fault in faults])


def checks(declared: Iterable[Check], recipe: Recipe, *, in_full: bool) -> RenderableType:
    """What each check looks for, and where its limits are."""
    parts: list[RenderableType] = []
    for check in declared:
        limit = recipe.limit(check.name)
        acts = [f"{name.replace('_', ' ')} from {at:g}" for name, at in limit if at is not None]
        head = Text(check.name, style="bold").append(
            f"  {', '.join(acts) or 'counted only'}", style="not bold dim"
        )
        parts.append(head.append(f"\n  {check.what}", style="not bold not dim"))
        if in_full:
            settings = "".join(f"\n{name} = {value!r}" for name, value in check.settings.items())
            parts += ["", Text(check.why), Text(settings, style="dim")]
    return Group(*parts)


def _fates(figures: Summary) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    most = max(figures.fates.values(), default=0) or 1
    for fate, rows in figures.fates.items():
        bar = "█" * round(_BAR * rows / most) or ("▏" if rows else "")
        table.add_row(LABELS[fate], f"{rows:,}", Text(bar, style=COLOURS[fate]))
    review = f"; {figures.reviews:,} of those kept are for review" if figures.reviews else ""
    verdict = Text("every row is in one place", style="green").append(review, style="not green")
    table.add_row("read", f"{figures.rows:,}", verdict)
    return table


def remarks(found: Sequence[Remark], tokenizer: str) -> RenderableType:
    """What a template does, faults first."""
    if not found:
        return Text(f"{shown(tokenizer)}: nothing odd", style="green")
    parts: list[RenderableType] = []
    for remark in found:
        # A fault that none of the rows has does no harm to them.
        harms = remark.fault and remark.rows != 0
        text = Text(remark.name, style="bold red" if harms else "bold")
        if remark.rows is not None:
            text.append(f"  {remark.rows:,} rows", "not bold")
        text.append(f"\n  {shown(remark.message)}", "not bold default")
        if remark.places:
            text.append(f"\n  first: {shown(', '.join(remark.places))}", "not bold dim")
        parts.append(text)
    faults = sum(remark.fault and remark.rows != 0 for remark in found)
    return Group(
        *parts, "", Text(f"{shown(tokenizer)}: {faults} faults, {len(found) - faults} notes", "bold")
    )


def _masks(masks: Masks) -> RenderableType:
    """What is trained, and whether that is proved."""
    share = masks.trained / masks.tokens if masks.tokens else 0
    text = Text(
        f"trained: {masks.trained:,} of {masks.tokens:,} tokens ({share:.0%}); "
        f"the mask of {masks.proved:,} of {masks.conversations:,} conversations is proved"
    )
    for name, rows in masks.problems.items():
        text.append(f"\n  {rows:,} {name}", "yellow")
    if masks.worst:
        worst = ", ".join(shown(worst.place) for worst in masks.worst)
        text.append(f"\n  look first at {worst}", "dim")
    return text


def _checks(figures: Summary) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("check")
    for name in ("set aside", "review", "found"):
        table.add_column(name, justify="right")
    for count in figures.checks:
        table.add_row(
            count.check, *(f"{n:,}" if n else "·" for n in (count.set_aside, count.review, count.found))
        )
    return table


def _held_out(figures: Summary) -> RenderableType:
    lines = []
    for held in figures.held_out:
        planted = sum(c.planted for c in held.canaries)
        caught = sum(c.set_aside + c.review for c in held.canaries)
        recall = f"; of {planted} altered copies {caught / planted:.0%} would be found" if planted else ""
        lines.append(
            f"held out {shown(held.name)}: {held.touched:,} of {held.items:,} items touched, {held.set_aside:,} rows "
            f"set aside, largest score that stays {held.remaining:.2f}{recall}"
        )
        if held.languages.get(ENGLISH, held.items) < held.items:
            lines.append(shown(held.looked_for))
    if figures.held_out[0].encoder is None:
        lines.append(
            "restatements were only looked for by words: pip install 'finesift[semantic]' finds other words too"
        )
    return Text("\n".join(lines))


def _lengths(figures: Summary) -> Text:
    lengths, unit = (figures.tokens, "tokens") if figures.tokens else (figures.characters, "characters")
    if not lengths:
        return Text("no rows, no lengths")
    text = Text(f"{unit} per row: median {lengths['50%']:,}, 95 % up to {lengths['95%']:,}, ")
    text.append(f"longest {lengths['100%']:,}")
    if figures.tokens:
        text.append(
            f"; budget {figures.max_tokens:,}; counted with {shown(str(figures.trained_with))}", "dim"
        )
    else:
        text.append("; tokens were not counted", "dim")
    if figures.carried:
        text.append(
            f"\n{figures.carried:,} rows carry pictures, recordings or files: of them, only the text is counted"
        )
    return text


def _malformed(figures: Summary) -> RenderableType:
    text = Text()
    for reason in figures.malformed[:8]:
        more = f" and {reason.rows - len(reason.places):,} more" if reason.rows > len(reason.places) else ""
        text.append(f"{shown(', '.join(reason.places))}{more}\n", style="red")
        text.append(f"  {shown(reason.error)}\n")
        if reason.hint:
            text.append(f"  {shown(reason.hint)}\n", style="dim")
    if len(figures.malformed) > 8:
        text.append(f"and {len(figures.malformed) - 8} more reasons: see unreadable.jsonl\n")
    text.rstrip()
    return text


def error(message: str, hint: str | None) -> Text:
    text = Text("error: ", style="red bold").append(shown(message), style="not bold default")
    return text.append(f"\n{shown(hint)}", style="not bold default") if hint else text
