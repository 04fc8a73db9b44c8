"""What a person sees in the terminal of a run. Text that comes from data is shown, never obeyed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.report.held_out import ENGLISH
from finesift.report.markdown import opened, split_sentence
from finesift.report.meaning import sentences
from finesift.report.places import Indented, place, short_names, shown
from finesift.report.redacted import redacted
from finesift.report.summary import Masks, Summary
from finesift.report.verdict import Verdict
from finesift.report.words import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from finesift.chat.lint import Remark
    from finesift.recipe import Recipe
    from finesift.registry import Check
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
# Steps that stand in the terminal, two lines each: with where rows went that makes fifteen lines.
_MOST_STEPS = 4
_MOST_NAMED = 20


def console(*, stderr: bool = False) -> Console:
    return _Whole(
        stderr=stderr, highlight=False, soft_wrap=not (sys.stderr if stderr else sys.stdout).isatty()
    )


class _Whole(Console):
    """A console that cuts no line: a command that is wider than the terminal is to be copied whole."""

    def print(self, *objects: Any, crop: bool = False, **options: Any) -> None:
        super().print(*objects, crop=crop, **options)


def summary(figures: Summary) -> RenderableType:
    short = short_names(figures.sources)
    parts: list[RenderableType] = [_fates(figures), ""]
    if figures.checks:
        parts += [checks_seen(figures), ""]
    if figures.held_out:
        parts += [_held_out(figures), ""]
    parts.append(lengths(figures))
    if figures.masks:
        parts.append(masks(figures.masks, short))
    if figures.agents:
        parts += ["", *[Text(said) for said in figures.agents.sentences()]]
    if figures.epoch:
        parts += ["", *[Text(said) for said in figures.epoch.sentences(len(figures.kinds))]]
    parts += _split(figures)
    if figures.meaning:
        parts += ["", Text(" ".join(sentences(figures.meaning)))]
    if figures.unused:
        parts += ["", Text(unused(figures))]
    if figures.malformed:
        parts += ["", malformed(figures, short)]
    return Group(*parts)


def _split(figures: Summary) -> list[RenderableType]:
    split = figures.split
    if split is None:
        return []
    parts: list[RenderableType] = ["", Text(split_sentence(figures, split))]
    parts += [Text(said, style="yellow") for said in split.small]
    for side in figures.between:
        if side.touched:
            holding = sum(side.rows.values())
            parts.append(
                Text(
                    f"{counted(holding, 'training row holds', 'training rows hold')} some of "
                    f"{counted(side.touched, 'row')} of {side.name}, word for word or in part: see the report.",
                    style="yellow",
                )
            )
    if split.giants:
        parts.append(
            Text(
                f"{counted(split.in_giants, 'row is', 'rows are')} in groups too large to be held back (the largest "
                f"has {split.giants[0][1]:,}), and trained on.",
                style="yellow",
            )
        )
    return parts


def unused(figures: Summary) -> str:
    """The fields that went to `extra`, by name and count."""
    named = [f"{shown(name[:60])} {rows:,}" for name, rows in list(figures.unused.items())[:_MOST_NAMED]]
    more = [f"and {len(figures.unused) - _MOST_NAMED} more"] if len(figures.unused) > _MOST_NAMED else []
    return f"not used, kept in extra: {', '.join(named + more)}"


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
    return Group(verdict(answer), "", _sum(figures), *told, done)


def verdict(answer: Verdict, most: int = _MOST_STEPS) -> RenderableType:
    """The answer, and of the steps that come first so many, each with a line of its own to copy."""
    steps = answer.steps if most >= len(answer.steps) else answer.first
    told, rest = (steps, 0) if len(steps) <= most else (steps[:most], len(steps) - most)
    parts: list[RenderableType] = [Text(answer.sentence(), style=f"bold {_STATES[answer.state]}")]
    for step in told:
        effort = f" ({step.minutes} min)" if step.minutes > 1 else ""
        parts.append(Indented(f"{shown(step.what)}{effort}", 2))
        # Never broken by us: what is copied from two lines is no command.
        parts.append(
            Text(f"      {shown(step.do)}", "bold" if step.to_copy else "", no_wrap=True, overflow="ignore")
        )
    if rest:
        parts.append(Text(f"  and {rest} more: --full, or the report", "dim"))
    return Group(*parts)


def _sum(figures: Summary) -> RenderableType:
    """Where rows went, as a sum."""
    text = Text(f"{counted(figures.rows, 'row')} read = ", "bold")
    for number, (fate, rows) in enumerate(figures.fates.items()):
        text.append(" + " if number else "", "not bold")
        text.append(f"{rows:,} {LABELS[fate]}", f"not bold {COLOURS[fate]}")
    parts: list[RenderableType] = [text.append(": every row is in one place", "not bold")]
    if said := figures.review_sentence():
        parts.append(Text(said))
    return Group(*parts)


def brief(made: Run) -> Text:
    """A run in one line."""
    figures = Summary.from_dict(made.manifest["summary"])
    answer = Verdict.from_dict(made.manifest["verdict"])
    review = f", {figures.kept_for_review:,} for review" if figures.kept_for_review else ""
    text = Text(f"{shown(str(made.path))}: {answer.sentence()}", style=_STATES[answer.state])
    return text.append(f"; {figures.kept:,} of {counted(figures.rows, 'row')} kept{review}", "default")


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
    table.add_row("read", f"{figures.rows:,}", Text("every row is in one place", style="green"))
    said = figures.review_sentence()
    return Group(table, *([Text(said)] if said else []))


def remarks(found: Sequence[Remark], tokenizer: str) -> RenderableType:
    """What a template does, the worst first, each with what to do about it."""
    if not found:
        return Text(f"{shown(tokenizer)}: nothing odd", style="green")
    parts: list[RenderableType] = []
    for remark in found:
        text = Text(f"{remark.severity}: {remark.name}", style="bold red" if remark.harms else "bold")
        if remark.rows is not None:
            text.append(f"  {counted(remark.rows, 'row')}", "not bold")
        text.append(f"\n  {shown(remark.message)}", "not bold default")
        if remark.places:
            text.append(f"\n  first: {shown(', '.join(remark.places))}", "not bold dim")
        text.append(f"\n  → {shown(remark.remedy)}", "not bold default")
        parts.append(text)
    faults = sum(remark.harms for remark in found)
    told = f"{counted(faults, 'fault')}, {counted(len(found) - faults, 'note')}"
    return Group(*parts, "", Text(f"{shown(tokenizer)}: {told}", "bold"))


def masks(found: Masks, short: dict[str, str], *, of: str = "of all rows read") -> RenderableType:
    """What is trained, and whether that is proved. of: which rows these are."""
    share = found.trained / found.tokens if found.tokens else 0
    text = Text(
        f"{of}, {found.trained:,} of {found.tokens:,} tokens are trained ({percent(share)}); "
        f"the mask of {found.proved:,} of {counted(found.conversations, 'conversation')} is proved"
    )
    for name, rows in found.problems.items():
        text.append(f"\n  {rows:,} {name}", "yellow")
    if found.worst:
        worst = ", ".join(shown(place(one.place, short)) for one in found.worst)
        text.append(f"\n  look first at {worst}", "dim")
    return text


def checks_seen(figures: Summary) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("rows by check")
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
        recall = (
            f"; of {planted} altered copies {percent(caught / planted)} would be found" if planted else ""
        )
        lines.append(
            f"held out {shown(held.name)}: {held.touched:,} of {counted(held.items, 'item')} touched, "
            f"{counted(held.set_aside, 'row')} set aside, largest score that stays {held.remaining:.2f}{recall}"
        )
        if held.languages.get(ENGLISH, held.items) < held.items:
            lines.append(shown(held.looked_for))
    if figures.held_out[0].encoder is None:
        lines.append(
            "restatements were only looked for by words: pip install 'finesift[semantic]' finds other words too"
        )
    return Text("\n".join(lines))


def lengths(figures: Summary) -> Text:
    sizes, unit = (figures.tokens, "tokens") if figures.tokens else (figures.characters, "characters")
    if not sizes:
        return Text("no rows, no lengths")
    text = Text(f"{unit} per row: median {sizes['50%']:,}, 95 % up to {sizes['95%']:,}, ")
    text.append(f"longest {sizes['100%']:,}")
    if figures.tokens:
        text.append(
            f"; budget {figures.max_tokens:,}; counted with {shown(str(figures.trained_with))}", "dim"
        )
    else:
        text.append("; tokens were not counted", "dim")
    if figures.carried:
        carry = counted(figures.carried, "row carries", "rows carry")
        text.append(f"\n{carry} pictures, recordings or files: of them, only the text is counted")
    return text


def malformed(figures: Summary, short: dict[str, str]) -> RenderableType:
    text = Text()
    for reason in figures.malformed[:8]:
        more = f" and {reason.rows - len(reason.places):,} more" if reason.rows > len(reason.places) else ""
        places = ", ".join(place(where, short) for where in reason.places)
        text.append(f"{shown(places)}{more}\n", style="red")
        text.append(f"  {shown(reason.error)}\n")
        if reason.hint:
            text.append(f"  {shown(reason.hint)}\n", style="dim")
    if len(figures.malformed) > 8:
        text.append(f"and {counted(len(figures.malformed) - 8, 'more reason')}: see unreadable.jsonl\n")
    text.rstrip()
    return text


def error(message: str, hint: str | None) -> Text:
    text = Text("error: ", style="red bold").append(shown(message), style="not bold default")
    return text.append(f"\n{shown(hint)}", style="not bold default") if hint else text
