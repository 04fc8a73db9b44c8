"""Tracing a template: which characters of a rendered conversation each message wrote.

The template's syntax tree is rewritten so that every loop says which message it is at, with two characters
that text does not contain. Rendered once, and the marks taken out, the text must be what the template as it
is renders, byte for byte; else the trace is not believed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, takewhile
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.utils import pass_context
from jinja2.visitor import NodeTransformer

from finesift.chat.sandbox import filtered
from finesift.chat.template import Message, Template, as_template_sees
from finesift.errors import RenderError

# Two planes of Unicode are for private use and assigned to nothing. A loop that enters a message writes the
# loop's mark and the message's; one that ends writes its own once more, from the upper half of the plane.
_LOOP, _LOOP_END, _MESSAGE = 0xF0000, 0xF8000, 0x100000
_GENERATION, _GENERATION_END = chr(0xF7FFE), chr(0xF7FFF)
_MOST = 65_000
_PRIVATE = re.compile("[\U000f0000-\U0010ffff]")
_MARK = re.compile("([\U000f0000-\U000f7fff])([\U00100000-\U0010ffff])|([\U000f7ffe-\U000fffff])")
_ENTER, _LEAVE = "traced enter", "traced leave"


@dataclass(frozen=True)
class Trace:
    """A rendered conversation and who wrote what: regions (start, end, message) in order, in characters.

    generation: what the template itself marks with `{% generation %}`, (start, end); an opinion, no more.
    """

    text: str
    regions: list[tuple[int, int, int]] = field(default_factory=list)
    generation: list[tuple[int, int]] = field(default_factory=list)

    def of(self, message: int) -> list[tuple[int, int]]:
        """The regions of a message, (start, end)."""
        return self._by_message.get(message, [])

    def others(self, message: int, start: int, end: int) -> list[tuple[int, int]]:
        """The regions between start and end of other messages."""
        first = bisect_left(self.regions, (start,))
        found = takewhile(lambda region: region[0] < end, islice(self.regions, first, None))
        return [(a, b) for a, b, owner in found if owner != message and b <= end]

    @cached_property
    def _by_message(self) -> dict[int, list[tuple[int, int]]]:
        found: dict[int, list[tuple[int, int]]] = {}
        for start, end, message in self.regions:
            found.setdefault(message, []).append((start, end))
        return found


class Tracer:
    """Renders conversations with a template and tells which message wrote what."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self._numbers: dict[int, int] = {}
        self._entered: set[int] = set()
        template.sandbox.filters[_ENTER] = self._enter
        template.sandbox.filters[_LEAVE] = self._leave
        self._program: jinja2.Template = template.compile(lambda tree: _Marks().visit(tree))

    def trace(
        self,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Trace:
        """Raises RenderError where the template refuses. Without regions: the trace is not to be believed."""
        seen = [as_template_sees(message) for message in messages]
        plain = self.template.run(self.template.program, seen, tools, False, settings or {})
        if len(seen) > _MOST or _PRIVATE.search(plain):
            return Trace(plain)
        self._numbers = {id(message): number for number, message in enumerate(seen)}
        self._entered.clear()
        try:
            marked = self.template.run(self._program, seen, tools, False, settings or {})
        except RenderError:
            return Trace(plain)
        trace = _read(marked, [message["role"] == "assistant" for message in seen])
        return trace if trace.text == plain else Trace(plain)

    # With the context, or Jinja would ask once, at compile time.
    @pass_context
    def _enter(self, _context: object, value: object, loop: int, *around: object) -> str:
        """The mark for `value`, if it is one of the messages and nothing `around` it is."""
        number = self._numbers.get(id(value))
        if number is None or any(id(outer) in self._numbers for outer in around):
            return ""
        self._entered.add(loop)
        return chr(_LOOP + loop) + chr(_MESSAGE + number)

    @pass_context
    def _leave(self, _context: object, loop: int) -> str:
        if loop not in self._entered:
            return ""
        self._entered.discard(loop)
        return chr(_LOOP_END + loop)


class _Marks(NodeTransformer):
    """Puts marks into the syntax tree: when a loop comes to a message, when it ends, around generation."""

    def __init__(self) -> None:
        self._loops = 0
        # Names that the loops around hold, and the number of the innermost.
        self._around: list[tuple[int, list[str]]] = []

    def visit_For(self, node: nodes.For) -> list[nodes.Node]:
        loop = self._loops
        self._loops += 1
        held = [name.name for name in _names(node.target)]
        self._around.append((loop, held))
        self.generic_visit(node)
        self._around.pop()
        node.body[:0] = [_say(nodes.Name(name, "load"), _ENTER, nodes.Const(loop)) for name in held]
        return [node, _say(nodes.Const(loop), _LEAVE)]

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node | list[nodes.Node]:
        """`set message = messages[i]` in a loop over numbers enters a message too."""
        if not (
            self._around and isinstance(node.target, nodes.Name) and isinstance(node.node, nodes.Getitem)
        ):
            return node
        if not isinstance(node.node.arg, nodes.Name):
            return node
        held = [nodes.Name(name, "load") for _, names in self._around for name in names]
        message = nodes.Name(node.target.name, "load")
        return [node, _say(message, _ENTER, nodes.Const(self._around[-1][0]), *held)]

    def visit_Scope(self, node: nodes.Scope) -> nodes.Node:
        self.generic_visit(node)
        node.body.insert(0, nodes.Output([nodes.TemplateData(_GENERATION)]))
        node.body.append(nodes.Output([nodes.TemplateData(_GENERATION_END)]))
        return node


def _names(target: nodes.Node) -> list[nodes.Name]:
    return [target] if isinstance(target, nodes.Name) else list(target.find_all(nodes.Name))


def _say(node: nodes.Expr, name: str, *args: nodes.Expr) -> nodes.Output:
    return nodes.Output([filtered(node, name, *args)])


def _read(marked: str, assistants: Sequence[bool]) -> Trace:
    """The text without its marks, and the regions they say."""
    parts: list[str] = []
    regions: list[tuple[int, int, int]] = []
    generation: list[tuple[int, int]] = []
    within: list[tuple[int, int]] = []  # (loop, message), outermost first
    opened: list[int] = []
    at = start = 0
    for mark in _MARK.finditer(marked):
        part = marked[at : mark.start()]
        at = mark.end()
        parts.append(part)
        if part:
            if (owner := _owner(within, assistants)) is not None:
                _extend(regions, start, start + len(part), owner)
            start += len(part)
        if entered := mark[1]:
            loop = ord(entered) - _LOOP
            _close(within, loop)
            within.append((loop, ord(mark[2]) - _MESSAGE))
        elif mark[3] == _GENERATION:
            opened.append(start)
        elif mark[3] == _GENERATION_END:
            if opened:
                generation.append((opened.pop(), start))
        else:
            _close(within, ord(mark[3]) - _LOOP_END)
    parts.append(marked[at:])
    return Trace("".join(parts), regions, generation)


def _owner(within: list[tuple[int, int]], assistants: Sequence[bool]) -> int | None:
    """Where messages nest, one that is no assistant's wins: what a tool said is never trained."""
    for _, message in within:
        if not assistants[message]:
            return message
    return within[-1][1] if within else None


def _close(within: list[tuple[int, int]], loop: int) -> None:
    """A loop that goes on or ends closes those inside it, which a `break` may have left open."""
    for depth, (entered, _) in enumerate(within):
        if entered == loop:
            del within[depth:]
            return


def _extend(regions: list[tuple[int, int, int]], start: int, end: int, owner: int) -> None:
    if regions and regions[-1][1] == start and regions[-1][2] == owner:
        start = regions.pop()[0]
    regions.append((start, end, owner))
