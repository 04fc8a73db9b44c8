"""Figures of rows that use tools, as if each call were counted by hand."""

import json
import re

import polars as pl
import pytest

from finesift.pipeline import prep
from finesift.recipe import Recipe
from finesift.report.agents import added, tally
from finesift.report.summary import Summary

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Does {name}.",
            "parameters": {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]},
        },
    }
    for name in ("find_order", "open_ticket", "never_asked")
]
TOPICS = re.split(
    " ", "bread tea knots maps stars rope wool clay salt rain moss bees iron glass paper seeds boats bells"
)


def call(name, arguments):
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }


def row(n, name="find_order", arguments=None, result="It is on its way."):
    return {
        "messages": [
            {
                "role": "user",
                "content": f"Where is my parcel of {TOPICS[n % 18]} and {TOPICS[n // 18]}, number {n * n}?",
            },
            call(name, {"key": f"{n}"} if arguments is None else arguments),
            {"role": "tool", "tool_call_id": "c1", "content": result},
            {
                "role": "assistant",
                "content": f"The {TOPICS[n % 18]} that you ask for, {n * 7}, comes on day {n + 2}.",
            },
        ],
        "tools": TOOLS,
    }


ROWS = [
    *(row(n) for n in range(80)),
    row(80, "no_such_tool"),
    row(81, arguments={}),
    row(82, "open_ticket", result='{"error": "no such customer"}'),
    row(83, "open_ticket", result="Error: timeout"),
    row(84, "open_ticket", result='{"error": null, "ticket": 7}'),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agents")
    (folder / "data.jsonl").write_text("".join(json.dumps(one) + "\n" for one in ROWS))
    recipe = {
        "data": {"train": [str(folder / "data.jsonl")]},
        "limits": {"tool_calls": {}, "near_duplicate": {}, "near_but_different": {}},
        "split": {"validation": 0.2, "test": 0.2},
    }
    return prep(Recipe.parse(recipe), folder / "run")


def agents(run):
    return Summary.from_dict(run.manifest["summary"]).agents


def test_calls_are_counted_by_tool_and_by_split(run):
    found = agents(run)
    assert sum(use.calls for use in found.uses.values()) == sum(use.rows for use in found.uses.values()) == 85
    assert sum(use.misfits for use in found.uses.values()) == 2
    assert sum(use.failed for use in found.uses.values()) == 2, "an error that is null is none"
    by_name = {tool.name: tool for tool in found.tools}
    assert (by_name["find_order"].calls, by_name["find_order"].misfits) == (81, 1)
    assert [tool.name for tool in found.never] == ["never_asked"]


def test_the_share_of_calls_is_by_what_is_trained(run):
    use = agents(run).uses["train"]
    calls = said = 0
    for line in (run.path / "train.jsonl").read_text().splitlines():
        for message in json.loads(line)["messages"]:
            if message["role"] == "assistant":
                said += len(message.get("content") or "")
                calls += len(json.dumps(message["tool_calls"])) if message.get("tool_calls") else 0
    assert use.share == pytest.approx(calls / (calls + said), rel=0.1)


def test_a_tool_of_the_sealed_set_alone_is_not_named():
    uses = {"test": {"rows": 1, "calls": 1}, "train": {"rows": 1, "calls": 1}}
    found = added([{"uses": uses, "tools": {"secret_tool": [1, 1, 0, 0], "plain_tool": [1, 1, 0, 1]}}])
    assert [tool.name for tool in found.tools] == ["plain_tool"] and found.sealed == 1
    assert "secret_tool" not in " ".join(found.sentences()) and "2 tools" in found.sentences()[0]


def test_shards_add_up(run):
    from finesift.read import read

    recipe = Recipe.parse(run.manifest["recipe"])
    corpus = read(recipe.data.train)
    fates = run.table("splits").select("example", "fate", "sealed")
    whole = added([tally(corpus, fates, recipe)])
    halves = [fates.filter(fates["example"] % 2 == part) for part in (0, 1)]
    assert added(tally(corpus, half, recipe) for half in halves) == whole


def test_the_report_has_a_section_and_a_mask_with_a_call(run):
    html = (run.path / "report.html").read_text()
    assert 'id="agents"' in html and "never_asked" in html and "Never called" in html
    assert "## Tools" in (run.path / "report.md").read_text()
    calling = run.table("turns").filter(pl.col("tool_calls").is_not_null())["example"].unique()
    ids = run.table("examples").filter(pl.col("example").is_in(calling.implode()))["id"]
    assert set(run.table("masks")["id"]) & set(ids)


def test_without_tools_there_is_no_section(jsonl, tmp_path):
    file = jsonl([{"prompt": f"What is {n}?", "completion": f"A number, {n}."} for n in range(9)])
    run = prep(Recipe.parse({"data": {"train": [str(file)]}}), tmp_path / "run")
    assert agents(run) is None and 'id="agents"' not in (run.path / "report.html").read_text()
