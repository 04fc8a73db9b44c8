"""What a chart draws is what it was given, to scale, and says so."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.report import charts
from finesift.report.charts import Link, Mark, Node

SVG = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


def bars(svg, kind="bar"):
    """Of each bar: x, y, width, height and what it says."""
    found = [one for one in ElementTree.fromstring(svg).iter("rect") if kind in one.get("class").split()]
    return [
        (*(float(one.get(name)) for name in ("x", "y", "width", "height")), one.findtext("title"))
        for one in found
    ]


def texts(svg):
    return [" ".join("".join(one.itertext()).split()) for one in ElementTree.fromstring(svg).iter("text")]


def test_bars_are_as_high_as_what_they_count():
    drawn = bars(charts.scores([0, 10, 5, 0, 20], [], label="x"))
    assert [round(height / drawn[2][3], 2) for *_, height, _ in drawn] == [0.5, 0.25, 1.0]
    assert drawn[0][-1] == "score 0.20 to 0.40: 10 rows"


@given(SVG)
def test_everything_counted_is_drawn_inside(counts):
    for svg in (
        charts.scores(counts, [Mark(0.5, "review 0.5", "review")], label="x"),
        charts.tenths(counts, unit="", label="x"),
    ):
        _, _, width, height = map(float, ElementTree.fromstring(svg).get("viewBox").split())
        drawn = bars(svg) + bars(svg, "trained")
        assert len(set(drawn)) == sum(count > 0 for count in counts)
        for x, y, wide, tall, _ in drawn:
            assert x >= 0 and y >= 0 and wide > 0 and tall > 0 and x + wide <= width and y + tall <= height


@pytest.mark.parametrize(
    "score, kind",
    [(0.45, "below"), (0.5, "review"), (0.85, "review"), (0.9, "set_aside"), (0.95, "set_aside")],
)
def test_a_bar_has_the_colour_of_what_its_score_does(score, kind):
    counts = [0] * 20
    counts[round(score * 20)] = 7
    marks = [Mark(0.9, "set aside 0.9", "set_aside"), Mark(0.5, "review 0.5", "review")]
    assert len(bars(charts.scores(counts, marks, label="x"), kind)) == 1


def test_a_full_score_meets_a_limit_of_one():
    counts = [0] * 19 + [3]
    assert bars(charts.scores(counts, [Mark(1.0, "set aside 1", "set_aside")], label="x"), "set_aside")


def test_lengths_over_the_budget_are_seen():
    svg = charts.lengths(
        {20: 5, 40: 2, 41: 1}, [Mark(1024, "budget 1,024", "budget")], unit="tokens", label="x", width=340
    )
    assert [title for *_, title in bars(svg, "over")] == [
        "1,024 to 1,217 tokens: 2 rows",
        "1,218 to 1,448 tokens: 1 rows",
    ]
    assert "budget 1,024" in texts(svg)


def test_a_flow_is_to_scale_and_names_what_flows():
    nodes = [
        Node(0, "a", 75),
        Node(0, "b", 25),
        Node(1, "train", 90, "train"),
        Node(1, "set aside", 10, "set_aside"),
    ]
    links = [Link(0, 2, 70), Link(0, 3, 5), Link(1, 2, 20), Link(1, 3, 5)]
    svg = charts.flow(nodes, links, label="x")
    heights = [height for *_, height, _ in bars(svg, "node")]
    assert [round(height / heights[0], 2) for height in heights] == [1.0, 0.33, 1.2, 0.13]
    ribbons = [one.findtext("title") for one in ElementTree.fromstring(svg).iter("path")]
    assert ribbons == [
        "a → train: 70 rows",
        "a → set aside: 5 rows",
        "b → train: 20 rows",
        "b → set aside: 5 rows",
    ]
    assert texts(svg) == ["a 75", "b 25", "train 90", "set aside 10"]


def test_labels_of_a_flow_do_not_run_into_each_other():
    nodes = [Node(0, "all", 1000), *[Node(1, f"reason {n}", 1) for n in range(12)]]
    svg = charts.flow(nodes, [Link(0, n, 1) for n in range(1, 13)], label="x")
    ys = [float(one.get("y")) for one in ElementTree.fromstring(svg).iter("text")][1:]
    assert all(after - before >= 15 for before, after in pairwise(ys))


def test_what_data_says_is_text():
    svg = charts.flow(
        [Node(0, '<b onload="x">&', 1), Node(1, "train", 1)], [Link(0, 1, 1)], label='"><script>'
    )
    assert "<b" not in svg
    assert "<script" not in svg
    ElementTree.fromstring(svg)


@pytest.mark.parametrize(
    "value, said", [(0, "0"), (950, "950"), (1500, "1.5k"), (20_000, "20k"), (3_000_000, "3M")]
)
def test_numbers_on_axes_are_short(value, said):
    assert charts.short(value) == said


@given(st.integers(1, 10**9))
def test_an_axis_has_a_few_round_steps(most):
    svg = charts.tenths([most, 0, 0, 0], unit="", label="x")
    steps = re.findall(r'class="grid"', svg)
    assert 1 <= len(steps) <= 4 or most < 3


@pytest.mark.parametrize(
    "path, label",
    [
        ("chats.jsonl", "chats.jsonl"),
        ("exports/2026/support/chats.jsonl", "…/chats.jsonl"),
        ("glaive_toolcall_en_demo.json", "glaive_toolcall_en_demo.json"),
        ("say-much-" * 9 + ".jsonl", "say-much-say-much-say…y-much-say-much-.jsonl"),
    ],
)
def test_names_of_files_keep_what_tells_them_apart(path, label):
    svg = charts.flow([Node(0, path, 5), Node(1, "train", 5, "train")], [Link(0, 1, 5)], label="x")
    assert f'<tspan class="name">{label}</tspan>' in svg
