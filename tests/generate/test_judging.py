"""What new rows are held against: rows that are known, peers of their behaviour, the plan."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.corpus import Corpus, chat
from finesift.cover.plan import Plan
from finesift.embed.load import load_encoder
from finesift.generate.known import Known
from finesift.generate.peers import longest_common, rouge_l, words_of
from finesift.generate.shown import Shown, look
from finesift.match.compare import compare

needs_encoder = pytest.mark.skipif(load_encoder() is None, reason="needs the extra [semantic]")

SOIL = "When the leaves of a lemon tree turn yellow in winter, is it the cold, the water or the soil that is to blame?"
WATER = "Most often it is the water: roots that stand wet cannot take up iron. Let the soil dry to a finger's depth first."


def turns(*rows):
    return Corpus.of(rows).turns


def known(*rows):
    made = Known()
    made.add(turns(*rows), [f"row {n}" for n in range(len(rows))])
    return made


@pytest.mark.parametrize(
    "asked, told, why",
    [
        (SOIL, WATER, "the same row as row 1"),
        (f"  {SOIL.upper()} ", WATER, "the same row as row 1"),
        (SOIL, "Ask a gardener.", "the same request as row 1"),
        (f"Hello! {SOIL}", f"{WATER} Good luck.", "the same words"),
        (SOIL.replace("lemon", "olive"), WATER, "the same words"),
        ("Which pot suits a lemon tree of my height?", "One of clay, a hand wider than the roots.", None),
    ],
)
def test_a_row_that_is_known_is_named(asked, told, why):
    (found,) = known(chat("Name a tree.", "Oak."), chat(SOIL, WATER)).like(turns(chat(asked, told)), [None])
    assert found is None if why is None else why in found and "row 1" in found


def test_an_index_finds_what_comparing_everything_finds():
    rows = [
        chat(
            f"How do I graft a {a} on a {b} in the {c} of a dry year without losing more than a few of the buds?",
            f"Cut the {a} aslant, bind it to the {b} and keep both in the shade until the {c} is over, {d}.",
        )
        for a in ("pear", "plum", "quince")
        for b in ("thorn", "rowan")
        for c in ("spring", "autumn")
        for d in ("at least", "if you can wait", "or a week longer")
    ]
    grown = Known()
    for at in range(0, len(rows), 5):
        some = rows[at : at + 5]
        told = grown.like(turns(*some), [None] * len(some))
        before = Corpus.of([*rows[:at], *some])
        near, _ = compare(before)
        close = near.filter((pl.col("whole") >= 0.5) | (pl.col("prompt") >= 0.7))
        for n in range(len(some)):
            expected = close.filter(
                ((pl.col("example") == at + n) & (pl.col("other") < at))
                | ((pl.col("other") == at + n) & (pl.col("example") < at))
            ).height
            if expected:
                assert told[n], some[n]
        grown.add(turns(*some), [f"row {at + n}" for n in range(len(some))])


WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


@given(WORDS, WORDS)
def test_the_longest_common_subsequence_is_that_of_the_textbook(one, other):
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    assert longest_common(one, other) == table[-1][-1]


def test_rouge_l_is_a_share_of_words_in_order():
    assert rouge_l(words_of("Police killed the gunman"), words_of("the gunman police killed")) == 0.5
    assert rouge_l(words_of("A b, c"), words_of("a B c!")) == 1 and rouge_l([], ["a"]) == 0


@needs_encoder
@pytest.mark.parametrize(
    "said, wanted, outcome, kept",
    [
        ("May I send the lamp back and have what I paid for it?", "refund", "answers", True),
        ("We run a bakery by the river and have no time. May I send the lamp back and be paid for it?", "refund", "answers", True),
        ("When do you close on Fridays?", "refund", "answers", False),
        ("Write a poem about the sea in winter.", "refund", "answers", False),
    ],
)  # fmt: skip
def test_what_is_of_another_behaviour_is_said_to_be(said, wanted, outcome, kept):
    plan = Plan.model_validate(
        {"behaviour": [
            {"name": "refund", "about": "A customer wants money back.", "examples": ["I want my money back", "Refund me, please"]},
            {"name": "hours", "about": "When the shop is open.", "examples": ["Are you open on Sunday?", "When do you close?"]},
        ]}
    )  # fmt: skip
    embed = load_encoder().encode
    (found,) = Shown(plan, {}, embed).otherwise(look([[said]], embed), [wanted], [outcome])
    assert (found is None) == kept, json.dumps(found)
