"""Rows against a plan, with an encoder that counts words: what is had, missing, wrong and outside."""

import json
import zlib

import numpy as np
import polars as pl
import pytest

from finesift.corpus import Corpus, chat, pair
from finesift.cover.attributes import REFUSING, attributes
from finesift.cover.cover import cover
from finesift.cover.draft import KINDS, draft, edges
from finesift.cover.plan import Plan
from finesift.cover.requests import requests

CALL = {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {}}}]}


def embed(texts):
    """Each word a direction of its own: enough to tell these texts apart."""
    vectors = np.zeros((len(texts), 512), np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().replace("?", "").replace(".", "").split():
            vectors[row, zlib.crc32(word.encode()) % 512] += 1
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


REFUND, BREW, SPY = (
    {
        "name": "refund",
        "about": "refund my money",
        "examples": ["give me a refund of my money", "money refund now"],
    },
    {"name": "brew", "about": "brew sour coffee", "examples": ["my coffee is sour", "brew coffee finer"]},
    {
        "name": "spy",
        "about": "read somebody elses letters",
        "examples": ["show me her letters", "open somebody elses letters"],
        "kind": "must_refuse",
    },
)
PLAN = Plan.model_validate({"behaviour": [REFUND | {"minimum": 3}, BREW | {"minimum": 3}, SPY]})
ROWS = [
    chat("give me a refund of my money", "It is on its way."),
    chat("refund my money now", "Done, within two days."),
    chat("give me a refund of my money please", "Of course."),
    chat("my coffee is sour", "Grind finer."),
    chat("show me her letters", "Here they are."),
    chat("how tall is the tower in the square over there", "Forty metres."),
]


def covered(rows=ROWS, **more):
    corpus = Corpus.of(rows)
    return cover(PLAN, corpus.turns, corpus.examples, embed, **more)


def test_what_is_had_and_what_is_missing():
    found = covered()
    by_name = {have.name: have for have in found.behaviours}
    assert (by_name["refund"].have + by_name["refund"].unsure, by_name["refund"].missing) == (3, 0)
    assert [have.name for have in found.missed] == ["brew"]
    assert found.outside == 1 and found.outside_groups[0].typical[0].startswith("how tall")
    assert sum(found.cells["tone"]["refund"].values()) == by_name["refund"].have


def test_an_answer_where_the_plan_wants_a_refusal_is_named():
    (wrong,) = covered().mismatches
    assert (wrong.behaviour, wrong.wanted, wrong.outcome) == ("spy", "refuse", "answers")
    assert covered(refusing=declined((4, 1))).mismatches == []
    assert [one.behaviour for one in covered(refusing=declined((0, 1), (4, 1))).mismatches] == ["refund"]


def declined(*messages):
    return pl.DataFrame(messages, schema=REFUSING, orient="row")


def test_what_a_request_got_is_what_was_done_until_the_next_one():
    both = chat("give me a refund of my money", "Done.", "show me her letters", "No, they are not yours.")
    assert covered([both], refusing=declined((0, 3))).mismatches == []
    assert [one.behaviour for one in covered([both]).mismatches] == ["spy"]
    turned = chat("show me her letters", "No.", "give me a refund of my money", "Done.")
    assert covered([turned], refusing=declined((0, 1))).mismatches == []


def test_of_a_preference_pair_the_chosen_answer_counts():
    wanted = pair("show me her letters", "No, they are not yours.", "Here they are.")
    assert covered([wanted], refusing=declined((0, 1))).mismatches == []
    turned = pair("show me her letters", "Here they are.", "No, they are not yours.")
    assert [one.outcome for one in covered([turned], refusing=declined((0, 2))).mismatches] == ["answers"]


def test_copies_do_not_raise_coverage():
    assert covered(ROWS + [ROWS[0]] * 9).one == covered().one
    assert covered(ROWS[:3]).one < covered().one


def test_traffic_names_what_training_has_not():
    real = Corpus.of(
        [chat("give me a refund of my money", "?")] * 3
        + [chat("where is the nearest shop in Ghent", "?")] * 4
    )
    found = covered(ROWS * 4, traffic=real.turns).traffic
    assert found.requests == 7 and found.covered == pytest.approx(3 / 7, abs=1e-3)
    assert found.uncovered[0].rows == 4 and "shop" in found.uncovered[0].typical[0]


def test_figures_are_plain_values():
    json.dumps(covered().as_dict())


def test_no_row_at_all():
    found = covered([])
    assert [have.missing for have in found.behaviours] == [3, 3, 1] and found.one == -1


@pytest.mark.parametrize(
    "row, name, value",
    [
        (chat("Nobody answers me!! This is ridiculous", "Sorry."), "tone", "angry"),
        (chat("I do not understand what this means", "It means so."), "tone", "confused"),
        (chat("Could you help me, please", "Yes."), "tone", "polite"),
        (chat("Where is it", "Here."), "tone", "plain"),
        (chat("It broke", "What did?"), "clarity", "ambiguous"),
        (chat("Where is my parcel? And can I change the address?", "Yes."), "clarity", "several requests"),
        (chat("Where is my parcel now", "Where do you live?"), "outcome", "asks back"),
        (chat("Where is my parcel now", "I am transferring you to a colleague."), "outcome", "escalates"),
        (chat("Give me a person", "Of course, tell me and I will pass it on."), "outcome", "escalates"),
        (chat("Where is my parcel now", CALL), "outcome", "calls"),
        (chat("Where is it", "Here.", "And that", "There."), "turns", "several"),
        (chat("x" * 500, "Yes."), "length", "long"),
    ],
)
def test_attributes_by_rules(row, name, value):
    corpus = Corpus.of([row])
    found = attributes(corpus.turns, corpus.examples, REFUSING.to_frame())
    assert found[name].item() == value


def test_of_a_conversation_the_first_request_and_the_longest_others_count():
    row = chat(
        "Hi",
        "Hello.",
        "Where is my parcel with the kettle?",
        "Here.",
        "ok thanks",
        "Yes.",
        "And can I return a kettle that I used?",
        "Yes.",
    )
    assert requests(Corpus.of([row]).turns)["text"].to_list() == [
        "Hi", "Where is my parcel with the kettle?", "And can I return a kettle that I used?",
    ]  # fmt: skip


def test_a_draft_holds_what_the_data_asks_for_and_proposes_what_it_lacks():
    rows = [chat(f"give me a refund of my money for order {n}", "Yes.") for n in range(20)]
    rows += [chat(f"my coffee is sour since day {n}", "Grind finer.") for n in range(20)]
    corpus = Corpus.of(rows)
    plan = draft(corpus.turns, corpus.examples, embed, kind="support", most=2)
    groups = [one for one in plan.behaviour if not one.proposal]
    assert len(groups) == 2 and all(len(one.examples) >= 3 for one in groups)
    assert {one.name for one in plan.behaviour if one.proposal} == {one.name for one in edges("support")}


def test_no_address_goes_into_a_draft():
    rows = [
        chat(f"refund me, {name}@post.example, order 2288{n}16", "Yes.") for n, name in enumerate("abcdefgh")
    ]
    rows += [chat(f"please refund my money number {word}", "Yes.") for word in ("one", "two", "three")]
    corpus = Corpus.of(rows)
    text = draft(corpus.turns, corpus.examples, embed, kind="chat", most=1).to_toml()
    assert "@" not in text and "2288" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_assistant_has_edges(kind):
    assert len(edges(kind)) >= 3 and all(one.proposal and len(one.examples) >= 3 for one in edges(kind))
