"""Rendered conversations with what is trained, for the terminal and as a page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from rich.console import Group, RenderableType
from rich.text import Text

from finesift.chat.view import View
from finesift.report.places import shown

CSS = """
.mask { white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.5 ui-monospace, monospace;
  border: 1px solid #8884; border-radius: 6px; padding: 12px; }
.mask .trained { background: #2e9e5b38; border-bottom: 2px solid #2e9e5b; }
.mask .special { color: #6f36b8; }
.problem { color: #9a5a06; }
h1 { font-size: 26px; letter-spacing: -.015em; margin: 0 0 8px; }
h2 { font: 600 14px ui-monospace, monospace; margin: 28px 0 8px; }
@media (prefers-color-scheme: dark) { .mask .special { color: #cdb0f6; } .problem { color: #d9953a; } }
"""
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What is trained</title>
<style>:root {{ color-scheme: light dark; }} body {{ font-family: system-ui, sans-serif; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }} {css}</style>
<h1>What is trained</h1>
<p>Rendered with the chat template of {tokenizer}. Trained text is <span class="mask" style="border: 0; padding: 0">
<span class="trained">marked</span></span>; special tokens are coloured.</p>
{rows}
</html>
"""


# Around trained text where there is no colour to say it. No tokenizer has them in its marks.
_OPEN, _CLOSE = "⟦", "⟧"


def terminal(views: Iterable[View], *, colour: bool = True) -> RenderableType:
    """Each conversation with what is trained in colour or, without, between brackets."""
    parts: list[RenderableType] = [] if colour else [Text(f"{_OPEN}…{_CLOSE}: trained"), ""]
    for view in views:
        parts.append(Text(_title(view), style="bold"))
        text = Text()
        inside = False
        for run, trained, special in view.runs():
            if not colour and trained != inside:
                text.append(_OPEN if trained else _CLOSE)
            inside = trained
            style = ("magenta" if special else "") + (
                " on dark_green" if trained else " dim" if not special else ""
            )
            text.append(shown(run), style.strip() or None)
        if not colour and inside:
            text.append(_CLOSE)
        parts.append(text)
        parts += [
            Text(f"  {shown(problem.name)}: {shown(problem.message)}", "yellow") for problem in view.problems
        ]
        parts.append("")
    return Group(*parts)


def html(view: View) -> str:
    """One conversation, to stand in a page that has CSS."""
    runs = "".join(
        f'<span class="{_class(trained=trained, special=special)}">{escape(shown(run))}</span>'
        for run, trained, special in view.runs()
    )
    problems = "".join(
        f'<p class="problem">{escape(shown(f"{problem.name}: {problem.message}"))}</p>'
        for problem in view.problems
    )
    return f'<h2>{escape(shown(_title(view)))}</h2>\n<div class="mask">{runs}</div>\n{problems}'


def page(views: Iterable[View], tokenizer: str) -> str:
    """A page that needs nothing else: no script, nothing loaded."""
    rows = "\n".join(html(view) for view in views)
    return _PAGE.format(css=CSS, tokenizer=escape(shown(tokenizer)), rows=rows)


def _title(view: View) -> str:
    side = "" if view.part == "messages" else f", {view.part}"
    return f"{shown(view.place)}{side}: {view.trained:,} of {len(view.tokens):,} tokens are trained"


def _class(*, trained: bool, special: bool) -> str:
    return " ".join(name for name, is_it in (("trained", trained), ("special", special)) if is_it)
