"""Charts as inline SVG: they are small, print, take the page's colours, and need no library.

A chart is drawn at the width at which it is read, so a page holds a wide and a narrow one of those that need it.
Every shape says its figures in a `<title>`, which browsers show under the pointer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

# Length bins: so many for each doubling.
PER_DOUBLING = 4
_SPARK = (170, 26)  # width, height
_BAR = 10  # width of a node of a flow
_LINE = 20  # height of a line of text
_LONGEST_NAME = 44  # characters of a file's name in a flow


@dataclass(frozen=True)
class Mark:
    """A vertical line at a value. kind: a class of the page's style sheet."""

    at: float
    label: str
    kind: str = "mark"


@dataclass(frozen=True)
class Node:
    """A place that rows come through. kind: a class of the page's style sheet, for its colour."""

    column: int
    label: str
    rows: int
    kind: str = ""


@dataclass(frozen=True)
class Link:
    """So many rows from one node to another, by their places in the list."""

    start: int
    end: int
    rows: int


def short(value: float) -> str:
    """A number for an axis: 950, 1.5k, 20k, 3M."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:g}"


def flow(nodes: Sequence[Node], links: Sequence[Link], *, label: str, width: int = 960) -> Markup:
    """Rows on their way, from left to right: the heights of nodes and ribbons are rows.

    Where rows are so few that nothing would be seen, a ribbon is a hairline.
    """
    total = max(1, sum(node.rows for node in nodes if node.column == 0))
    scale = 250 / total
    # Names of files are whole, as far as half of the chart is left for the rest.
    longest = max((len(_name(node.label)) for node in nodes if node.column == 0), default=0)
    named = min(max(22, longest), _LONGEST_NAME)
    left, right = 210 + 7 * (named - 22), 200
    columns = max(node.column for node in nodes) + 1
    step = (width - left - right - _BAR) / max(1, columns - 1)
    thick = [max(1.0, link.rows * scale) for link in links]
    heights = []
    for number, node in enumerate(nodes):
        into = sum(t for t, link in zip(thick, links, strict=True) if link.end == number)
        out = sum(t for t, link in zip(thick, links, strict=True) if link.start == number)
        heights.append(max(2.0, node.rows * scale, into, out))
    tops, bottom = [0.0] * len(nodes), 0.0
    for column in range(columns):
        at = 4.0
        for number, node in enumerate(nodes):
            if node.column == column:
                slot = max(heights[number], _LINE)
                tops[number] = at + (slot - heights[number]) / 2
                at += slot + 9
        bottom = max(bottom, at)
    parts = []
    entered, left_at = list(tops), list(tops)
    for link, t in zip(links, thick, strict=True):
        a, b = nodes[link.start], nodes[link.end]
        x0, x1 = left + a.column * step + _BAR, left + b.column * step
        y0, y1 = left_at[link.start], entered[link.end]
        left_at[link.start] += t
        entered[link.end] += t
        mid = (x0 + x1) / 2
        path = (
            f"M{x0:.1f} {y0:.1f}C{mid:.1f} {y0:.1f} {mid:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
            f"v{t:.1f}C{mid:.1f} {y1 + t:.1f} {mid:.1f} {y0 + t:.1f} {x0:.1f} {y0 + t:.1f}z"
        )
        parts.append(
            Markup('<path class="ribbon {}" d="{}"><title>{} → {}: {} rows</title></path>').format(
                b.kind, path, a.label, b.label, f"{link.rows:,}"
            )
        )
    for number, node in enumerate(nodes):
        x, top, first = left + node.column * step, tops[number], node.column == 0
        middle = top + heights[number] / 2 + 4.5
        parts.append(
            _rect(f"node {node.kind}", x, top, _BAR, heights[number], f"{node.label}: {node.rows:,} rows")
        )
        name = Markup('<tspan class="name">{}</tspan> <tspan class="n">{}</tspan>').format(
            _cut(node.label, named if first else 28), f"{node.rows:,}"
        )
        parts.append(_text("", x - 8 if first else x + _BAR + 8, middle, "end" if first else "start", name))
    return _svg(parts, width, bottom, "flow", label)


def lengths(bins: dict[int, int], marks: Sequence[Mark], *, unit: str, label: str, width: int) -> Markup:
    """Rows by length. bins: rows by floor(PER_DOUBLING * log2(length)); the axis doubles, so a bar is a range."""
    low, high = _range(bins, marks)
    box = _Box(width, 200, left=46, right=12, top=38, below=38)
    every, most = box.inner / (high - low), max(bins.values(), default=1)

    def x(length: float) -> float:
        return box.left + (math.log2(max(1, length)) * PER_DOUBLING - low) * every

    parts = [*_grid(most, box)]
    for place, rows in sorted(bins.items()):
        start, end = math.ceil(2 ** (place / PER_DOUBLING)), math.ceil(2 ** ((place + 1) / PER_DOUBLING)) - 1
        over = any(mark.kind == "budget" and start >= mark.at for mark in marks)
        title = f"{start:,} to {max(start, end):,} {unit}: {rows:,} rows"
        left = box.left + (place - low) * every
        parts.append(box.bar("bar over" if over else "bar", left, every, rows / most, title))
    doublings = range(math.ceil(low / PER_DOUBLING), high // PER_DOUBLING + 1)
    every_so_many = max(1, math.ceil(len(doublings) * 46 / box.inner))
    powers = [power for power in doublings if power % every_so_many == 0]
    said = {power: f"{2**power:,}" if power < 14 else short(2**power) for power in powers}
    edge = box.left + box.inner + box.right
    # A number in the middle of its tick would be cut by the edge, so the last one gives way.
    parts += [
        _tick(at, box.base, said[power] if at + 4 * len(said[power]) <= edge else "")
        for power, at in zip(powers, map(x, (2**power for power in powers)), strict=True)
    ]
    parts += [_axis(box), _text("unit", box.end, box.base + 33, "end", f"{unit} per row")]
    return _svg(
        [*parts, *_marks([(x(mark.at), mark) for mark in marks], box)], width, box.height, "lengths", label
    )


def spark(bins: dict[int, int], low: int, high: int, *, unit: str, label: str) -> Markup:
    """The same, as small as a word: for a line of a table. Its axis goes from bin `low` to `high`."""
    box = _Box(*_SPARK, left=0, right=0, top=2, below=1)
    every, most = box.inner / max(1, high - low), max(bins.values(), default=1)
    parts = [_axis(box)]
    for place, rows in sorted(bins.items()):
        title = f"from {math.ceil(2 ** (place / PER_DOUBLING)):,} {unit}: {rows:,}"
        parts.append(box.bar("bar", (place - low) * every, every, rows / most, title))
    return _svg(parts, box.width, box.height, "spark", label)


def scores(counts: Sequence[int], marks: Sequence[Mark], *, label: str, width: int = 280) -> Markup:
    """Rows by score, from 0 to 1 in equal bins; coloured by what the marks (limits) do from there on."""
    top = 40 if len(marks) > 1 else 24
    box = _Box(width, top + 78, left=6, right=6, top=top, below=24)
    every, most = box.inner / max(1, len(counts)), max(counts, default=1) or 1
    in_order = sorted(marks, key=lambda mark: mark.at)
    parts = []
    for place, rows in enumerate(counts):
        if rows:
            start, end = place / len(counts), (place + 1) / len(counts)
            at_least = 1.0 if end == 1 else start + 1e-6  # a score of 1 is in the last bin
            kind = ["below", *(mark.kind for mark in in_order if mark.at <= at_least)][-1]
            title = f"score {start:.2f} to {end:.2f}: {rows:,} rows"
            parts.append(box.bar(f"bar {kind}", box.left + place * every, every, rows / most, title))
    parts += [
        _axis(box),
        *(_tick(box.left + box.inner * at, box.base, f"{at:g}") for at in (0, 0.25, 0.5, 0.75, 1)),
    ]
    places = [(box.left + box.inner * mark.at, mark) for mark in in_order]
    return _svg([*parts, *_marks(places, box)], width, box.height, "scores", label)


def tenths(counts: Sequence[int], *, unit: str, label: str, width: int = 340) -> Markup:
    """Conversations by a share, in tenths."""
    box = _Box(width, 200, left=42, right=20, top=12, below=38)
    every, most = box.inner / len(counts), max(counts, default=1) or 1
    parts = [*_grid(most, box)]
    for place, rows in enumerate(counts):
        if rows:
            title = f"{10 * place} to {10 * place + 10} %: {rows:,} conversations"
            parts.append(box.bar("bar trained", box.left + place * every, every, rows / most, title))
    parts += [
        _axis(box),
        *(_tick(box.left + box.inner * at / 4, box.base, f"{25 * at} %") for at in range(5)),
    ]
    parts.append(_text("unit", box.end, box.base + 33, "end", unit))
    return _svg(parts, width, box.height, "tenths", label)


def common_range(several: Iterable[dict[int, int]]) -> tuple[int, int]:
    """The bins that all of these lie in."""
    return _range({place: 1 for bins in several for place in bins}, ())


def _range(bins: dict[int, int], marks: Sequence[Mark]) -> tuple[int, int]:
    places = [*bins, *(int(math.log2(max(1, mark.at)) * PER_DOUBLING) for mark in marks)] or [0]
    return min(places) - 1, max(places) + 2


@dataclass(frozen=True)
class _Box:
    """Where the bars of a chart stand: in `width` by `height`, less the margins."""

    width: float
    height: float
    left: float
    right: float
    top: float
    below: float

    @property
    def inner(self) -> float:
        return self.width - self.left - self.right

    @property
    def end(self) -> float:
        return self.width - self.right

    @property
    def base(self) -> float:
        return self.height - self.below

    def bar(self, kind: str, left: float, every: float, share: float, title: str) -> Markup:
        """A bar that is `share` of the height, and never so low that it is not seen."""
        tall = max(1.5, share * (self.base - self.top))
        gap = min(1, every / 4)
        return _rect(kind, left + gap / 2, self.base - tall, every - gap, tall, title)


def _grid(most: int, box: _Box) -> Iterable[Markup]:
    for value in _round_steps(most):
        y = box.base - value / most * (box.base - box.top)
        yield Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>').format(box.left, y, box.end)
        yield _text("tick", box.left - 7, y + 4, "end", short(value))


def _round_steps(most: int) -> list[float]:
    """Two to four round values up to `most`, without 0."""
    power = 10 ** math.floor(math.log10(max(most / 2, 1)))
    step = max(power * unit for unit in (1, 2, 5) if power * unit <= max(most / 2, 1))
    return [step * n for n in range(1, int(most / step) + 1)]


def _axis(box: _Box) -> Markup:
    return Markup('<path class="axis" d="M{:.1f} {:.1f}H{:.1f}"/>').format(box.left, box.base + 0.5, box.end)


def _tick(x: float, base: float, label: str) -> Markup:
    return Markup('<path class="axis" d="M{:.1f} {:.1f}v4"/>{}').format(
        x, base, _text("tick", x, base + 17, "middle", label)
    )


def _marks(places: Sequence[tuple[float, Mark]], box: _Box) -> Iterable[Markup]:
    """Lines with labels above, on the side where no other line is; one that would run into the label before it
    stands a line higher."""
    in_order = sorted(places, key=lambda place: place[0])
    borders = [*(x for x, _ in in_order), box.width][1:]
    end, raised = -math.inf, False
    for (x, mark), border in zip(in_order, borders, strict=True):
        long = 6.6 * len(mark.label)
        to_the_left = x + long > border and x - long > 0
        start = x - long if to_the_left else x
        raised = start < end and not raised
        end = start + long + 8
        y = box.top - (22 if raised else 7)
        line = Markup('<path class="rule {}" d="M{:.1f} {:.1f}V{:.1f}"/>').format(
            mark.kind, x, y + 4, box.base
        )
        yield line + _text(f"label {mark.kind}", x, y, "end" if to_the_left else "start", mark.label)


def _rect(kind: str, x: float, y: float, width: float, height: float, title: str) -> Markup:
    return Markup(
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
    ).format(kind, x, y, width, height, title)


def _text(kind: str, x: float, y: float, anchor: str, text: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, text
    )


def _name(path: str) -> str:
    """The last name of a path, with a sign that there are others before it."""
    before, _, name = path.rpartition("/")
    return f"…/{name}" if before else path


def _cut(text: str, most: int) -> str:
    """A label of at most so many characters: of a path its last name, of a long name both of its ends."""
    if len(text) <= most:
        return text
    if len(name := _name(text)) <= most:
        return name
    end = most // 2
    return f"{name[: most - end - 1]}…{name[-end:]}"


def _svg(parts: Sequence[Markup], width: float, height: float, kind: str, label: str) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 {:g} {:.0f}" width="{:g}" role="img" aria-label="{}">{}</svg>'
    ).format(kind, width, height, width, label, Markup("").join(parts))
