"""What every check promises, built in or from another package."""

import random
from dataclasses import replace

import polars as pl
import pytest

from finesift.corpus import Corpus, chat, pair
from finesift.findings import FINDINGS
from finesift.match.compare import compare
from finesift.match.meaning import alike
from finesift.measure import measure
from finesift.recipe import Recipe
from finesift.registry import load_checks
from finesift.tables import TURNS

CHECKS = load_checks()
ROW = [check for check in CHECKS.values() if check.scope == "row"]
CORPUS = [check for check in CHECKS.values() if check.scope == "corpus"]
EVERYWHERE = [check for check in CHECKS.values() if check.everywhere]
every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
row_check = pytest.mark.parametrize("check", ROW, ids=[check.name for check in ROW])
corpus_check = pytest.mark.parametrize("check", CORPUS, ids=[check.name for check in CORPUS])

# What data sets hold now and then; no check may raise on it.
ODD = [
    {"messages": []},
    chat("", ""),
    chat(" \n", "\t"),
    chat("Hi", {"role": "assistant"}),
    chat("a" * 5000, "é\u0000\ufeff👩‍👩‍👧‍👦\u202e" * 200),
    chat("[[[[((((", "{" * 3000 + '"' * 3001),
    chat("Hi", "```\n" * 99),
    chat("Hi", "1. \n2. \n| a | b |\n"),
    chat("Hi", {"role": "assistant", "tool_calls": [{"function": {"name": None, "arguments": 7}}, None, 1]}),
    chat("Hi", {"role": "assistant", "tool_calls": "nothing"}, {"role": "tool", "tool_call_id": ""}),
    chat("Hi", "Yes.", tools=[{"function": {"parameters": {"properties": [1], "required": "x", "type": 3}}}]),
    chat("Hi", "Yes.", tools=["x", None, {"name": 5}]),
    pair("", "", ""),
    {"messages": [], "chosen": [], "rejected": []},
    {"messages": [{"role": "tool"}, {"role": "system"}, {"role": "assistant"}], "label": False},
    chat("Hi", "Yes.") | {"extra": {"finish_reason": ["length", {"a": 1}], "model": None}},
]  # fmt: skip


def small_corpora(check, which):
    """The check's flagged or passed examples, each as a list of chats."""
    return [[sample] if check.scope == "row" else list(sample) for sample in getattr(check, which)]


def found(check, chats):
    corpus = chats if isinstance(chats, Corpus) else Corpus.of(chats)
    if "near" in check.tables:
        corpus = replace(corpus, near=compare(corpus)[0])
    if "alike" in check.tables:
        corpus = replace(corpus, alike=alike(corpus, None)[0])
    return check(corpus.tables).collect()


def samples(check):
    corpora = [*small_corpora(check, "flags"), *small_corpora(check, "passes")]
    return [sample for rows in corpora for sample in rows]


def per_chat(findings, order=None):
    """Findings as a list per example, without its number; `order[n]` is where example n stood before."""
    lists = {}
    for row in findings.drop("check").rows():
        lists.setdefault(order[row[0]] if order else row[0], []).append(tuple(map(str, row[1:])))
    return {number: sorted(rows) for number, rows in lists.items()}


@every_check
def test_it_says_what_it_sees_and_why_that_matters(check):
    assert check.what.endswith("."), "the first line of the docstring is one sentence"
    assert len(check.what) < 110
    assert len(check.why) > 40
    assert check.flags and check.passes


@every_check
def test_its_flagged_examples_are_flagged(check):
    for rows in small_corpora(check, "flags"):
        assert found(check, rows).height, rows


@every_check
def test_its_passed_examples_pass(check):
    for rows in small_corpora(check, "passes"):
        assert not found(check, rows).height, rows


@every_check
def test_twice_is_the_same(check):
    first, second = (found(check, samples(check)).sort(FINDINGS.names()) for _ in range(2))
    assert first.equals(second)


@every_check
@pytest.mark.parametrize("chats", ["its own", "odd"])
def test_findings_are_well_formed(check, chats):
    corpus = Corpus.of(ODD if chats == "odd" else samples(check))
    findings = found(check, corpus)
    assert findings.schema == FINDINGS
    assert findings.select((pl.col("check") == check.name).all()).item()
    assert findings["score"].is_between(0, 1).all()
    assert findings["message"].str.len_chars().min() != 0 and not findings["message"].null_count()
    assert findings["example"].is_in(corpus.examples["example"].implode()).all()
    spans = findings.filter(pl.col("turn").is_not_null()).join(
        corpus.turns.select("example", "turn", length=pl.col("content").fill_null("").str.len_chars()),
        on=["example", "turn"],
        how="left",
    )
    assert not spans["length"].null_count(), "each turn named is a turn of that example"
    assert findings.select((pl.col("start").is_null() == pl.col("end").is_null()).all()).item()
    placed = spans.drop_nulls("start")
    assert placed.select((pl.col("start") <= pl.col("end")).all()).item()
    assert placed.select((pl.col("end") <= pl.col("length")).all()).item(), "the span lies in the text"
    assert findings.filter(pl.col("turn").is_null() & pl.col("start").is_not_null()).is_empty()


@every_check
def test_nothing_in_nothing_out(check):
    assert found(check, Corpus.of([])).is_empty()
    no_turns = replace(Corpus.of(samples(check)), turns=TURNS.to_frame())
    assert found(check, no_turns).schema == FINDINGS


@row_check
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_batches_change_nothing(check, rows):
    corpus = Corpus.of([*samples(check), *ODD, *samples(check)])
    together = found(check, corpus).sort(FINDINGS.names(), nulls_last=True)
    apart = pl.concat([found(check, batch) for batch in corpus.batches(rows)])
    assert together.equals(apart.sort(FINDINGS.names(), nulls_last=True))


@row_check
@pytest.mark.parametrize("seed", range(3))
def test_order_changes_nothing(check, seed):
    chats = [*samples(check), *ODD]
    order = list(range(len(chats)))
    random.Random(seed).shuffle(order)
    plain = Corpus.of(chats)
    shuffled = replace(Corpus.of(chats[number] for number in order), held_out=plain.held_out)
    assert per_chat(found(check, shuffled), order) == per_chat(found(check, plain))


def planted(said):
    """A fine row that has a text in each place beside its messages where text can stand."""
    call = {"type": "function", "function": {"name": "note", "arguments": {"text": said}}}
    schema = {"name": "note", "parameters": {"type": "object", "properties": {}}, "description": said}
    return {
        "the reasoning": chat(
            "Name a knot.", {"role": "assistant", "content": "Bowline.", "reasoning": said}
        ),
        "the tool calls": chat("Note it.", {"role": "assistant", "tool_calls": [call]}),
        "the tools": chat("Name a knot.", "Bowline.", tools=[{"type": "function", "function": schema}]),
    }


@pytest.mark.parametrize("check", EVERYWHERE, ids=[check.name for check in EVERYWHERE])
def test_what_is_found_in_a_message_is_found_in_every_other_place(check):
    for rows in small_corpora(check, "flags"):
        corpus = Corpus.of(rows)
        seen = found(check, rows).drop_nulls("turn").unique(["example", "turn"])
        for example, turn in seen.select("example", "turn").iter_rows():
            here = (pl.col("example") == example) & (pl.col("turn") == turn)
            said = corpus.turns.filter(here)["content"].item()
            system = Corpus.of([chat("Hi", "Yes.", system=said)])
            shown = found(check, replace(system, held_out=corpus.held_out))
            for place, row in planted(said).items():
                # Tools are shown, as a system prompt is, and not trained.
                if place == "the tools" and shown.is_empty():
                    continue
                elsewhere = replace(Corpus.of([row]), held_out=corpus.held_out)
                told = measure(elsewhere, [check], Recipe())["message"].to_list()
                assert any(place in message for message in told), (place, said)


@corpus_check
def test_order_changes_only_which_copy_is_named(check):
    for rows in small_corpora(check, "flags"):
        forward, backward = found(check, rows), found(check, rows[::-1])
        assert forward["score"].sort().equals(backward["score"].sort())


@every_check
def test_settings_are_plain_values(check):
    """So that a recipe in TOML can state them."""
    for value in check.settings.values():
        assert isinstance(value, bool | int | float | str | list | tuple)
