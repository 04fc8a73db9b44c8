"""Rows in the terminal: one with everything that is known of it, or a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finesift.report.places import shown
from finesift.report.shared import Spans, shared_spans
from finesift.report.terminal import COLOURS, LABELS

if TYPE_CHECKING:
    import polars as pl

    from finesift.run import Row

# Characters shown of either of two texts side by side, and around what they share.
_LONGEST, _AROUND = 1200, 60
# Of an id in a list: enough to name the row.
_ID = 8


def listing(found: pl.DataFrame, limit: int) -> RenderableType:
    """Rows of `finesift.listing.LISTED`, two lines each: what and where, then why."""
    parts: list[RenderableType] = []
    for row in found.head(limit).iter_rows(named=True):
        head = Text((row["id"] or "")[:_ID].ljust(_ID), style="bold")
        head.append(f"  {shown(row['source'])}:{row['row']}", "not bold")
        head.append(f"  {LABELS.get(row['fate'], row['fate'])}", COLOURS.get(row["fate"], ""))
        score = "" if row["score"] is None else f" {row['score']:.2f}"
        told = f"{row['check']}{score}: {row['why']}" if row["check"] else row["why"]
        parts.append(head.append(f"\n  {shown(told)}" if told else "", "not bold dim"))
    more = found.height - limit
    rows = f"{found.height:,} {'row' if found.height == 1 else 'rows'}"
    return Group(*parts, Text(f"{rows}; {limit:,} shown, --limit shows more" if more > 0 else rows, "dim"))


def nearest(found: pl.DataFrame) -> RenderableType:
    """Rows of `finesift.nearest.NEAREST`, two lines each: how near, what and where, then how it begins."""
    parts: list[RenderableType] = []
    for row in found.iter_rows(named=True):
        head = Text(f"{row['similarity']:.2f}  ", style="bold").append(row["id"][:_ID].ljust(_ID))
        head.append(f"  {shown(row['source'])}:{row['row']}", "not bold")
        head.append(f"  {LABELS.get(row['fate'], row['fate'])}", COLOURS.get(row["fate"], ""))
        parts.append(head.append(f"\n      {shown(' '.join(row['asked'].split()))}", "not bold dim"))
    return Group(*parts, Text("no row that may be looked at asks anything" if not parts else "", "dim"))


def row(found: Row) -> RenderableType:
    """Everything known about one row."""
    head = Text(found.id, style="bold").append(
        f"  {shown(found.source)}:{found.row}  {found.shape}", style="dim"
    )
    fate = Text(f"{LABELS.get(found.fate, found.fate)}", style=COLOURS.get(found.fate, ""))
    if found.outcome != "keep":
        review = "for review, " if found.outcome == "review" else ""
        fate.append(f"  {review}{found.check or found.by}: {shown(found.why or '')}")
    parts: list[RenderableType] = [head, fate]
    if found.tokens is not None:
        parts.append(Text(f"{found.tokens:,} tokens", style="dim"))
    parts.append("")
    for message in found.messages:
        parts += [_message(message), ""]
    for edit in found.edits:
        why = f", {shown(edit['why'])}" if edit["why"] else ""
        told = f"message {edit['turn'] + 1} was corrected by {shown(edit['by'])}{why}; before:\n"
        parts += [Text(told, style="yellow").append(shown(edit["before"] or ""), style="not yellow dim"), ""]
    for finding in found.findings:
        place = "" if finding["turn"] is None else f" in message {finding['turn'] + 1}"
        other = f" (with {shown(finding['other'])})" if finding["other"] else ""
        text = Text(f"{finding['check']} {finding['score']:.2f}{place}{other}: ", style="yellow")
        parts.append(text.append(shown(finding["message"] or ""), style=""))
        parts += _side_by_side(finding, found)
    return Group(*parts)


def _side_by_side(finding: dict[str, Any], found: Row) -> list[RenderableType]:
    """The row and what a finding compares it with, with the words that both have marked; where there are two texts."""
    other = found.others.get(finding["other"])
    if other is None:
        return []
    turn = finding["turn"]
    mine = "\n\n".join(m["content"] or "" for m in found.messages if turn is None or m["turn"] == turn)
    table = Table(box=None, padding=(0, 2, 1, 2), show_header=True, header_style="dim")
    table.add_column(found.id, ratio=1)
    table.add_column(shown(finding["other"]), ratio=1)
    table.add_row(
        *[_marked(text, spans) for text, spans in zip((mine, other), shared_spans(mine, other), strict=True)]
    )
    return [table]


def _marked(text: str, spans: Spans) -> Text:
    """The text up to `_LONGEST` characters, with what is shared in bold; long stretches that are not are left out."""
    marked, at = Text(), 0
    for start, end in [*spans, (len(text), len(text))]:
        between = shown(text[at:start])
        if len(between) > 2 * _AROUND:
            between = f"{between[:_AROUND] if at else ''} … {between[-_AROUND:] if end > start else ''}"
        marked.append(between, style="dim").append(shown(text[start:end]), style="bold")
        at = end
        if len(marked) > _LONGEST:
            return marked.append(" …", style="dim")
    return marked


def _message(message: dict[str, Any]) -> Text:
    part = "" if message["part"] == "messages" else f" ({message['part']})"
    text = Text(f"{message['turn'] + 1} {message['role']}{part}\n", style="bold")
    for name in ("reasoning", "content", "tool_calls"):
        if message.get(name) is not None:
            text.append(shown(message[name]), style="dim" if name != "content" else "not bold")
    return text
