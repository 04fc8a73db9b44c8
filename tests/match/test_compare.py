"""Which rows count as nearly the same, and what tells apart those that only look it."""

import textwrap
from dataclasses import replace

import polars as pl
import pytest

from finesift.checks.near_duplicate import near_duplicate
from finesift.corpus import Corpus, chat, pair
from finesift.match.compare import compare
from finesift.match.near import near_pairs
from finesift.match.texts import Texts
from finesift.measure import measure
from finesift.policy import decide
from finesift.recipe import Recipe
from finesift.registry import load_checks

PROMPT = (
    "We want to plant a hedge along the road that gives shelter in winter and flowers in spring. What suits "
    "a wet clay?"
)
ANSWER = (
    "Hawthorn and blackthorn stand wet clay better than almost anything that flowers. Plant them young between autumn "
    "and early spring, about four to the metre, and cut them back hard in the first year so that they branch low. "
    "Mulch well, keep the grass away, and they will look after themselves."
)


def compared(*chats):
    return compare(Corpus.of(chats))[0]


def outcomes(*chats, **limits):
    corpus = Corpus.of(chats)
    corpus = replace(corpus, near=compare(corpus)[0])
    recipe = Recipe.parse({"limits": limits})
    checks = load_checks()
    names = [name for name in checks if name.startswith("near_") or name == "exact_duplicate"]
    found = measure(corpus, [checks[name] for name in names], recipe)
    return decide(corpus.examples, corpus.turns, found, recipe, same=["exact_duplicate"])["outcome"].to_list()


def answer(before, after):
    """The same conversation twice, with something else in the answer."""
    return chat(PROMPT, ANSWER), chat(PROMPT, ANSWER.replace(before, after))


def test_a_few_other_words_make_a_near_duplicate():
    assert outcomes(*answer("Mulch well", "Mulch deeply")).count("set_aside") == 1


@pytest.mark.parametrize(
    "before, after, differs",
    [
        ("four to the metre", "4 to the metre", "a number"),
        ("four to the metre", "five to the metre", "a number"),
        ("four to the metre", "four to the yard", "a unit"),
        ("in the first year", "in the last year", "an opposite"),
        ("stand wet clay", "do not stand wet clay", "a negation"),
        ("stand wet clay", "don't stand wet clay", "a negation"),
        ("Plant them young", "Plant Rosa them young", "a name"),
        ("Mulch well", "Mulch_well", "an identifier"),
        ("Mulch well", "Mulch >= well", "an operator"),
    ],
)
def test_what_says_something_else_is_for_a_person(before, after, differs):
    near = compared(*answer(before, after))
    assert near["differs"].to_list() == [differs]
    assert "set_aside" not in outcomes(*answer(before, after))


@pytest.mark.parametrize(
    "before, after",
    [("1.022 MeV", "1.032 MeV"), ("5 mg", "5 kg"), ("$30", "€30"), ("-4", "4"), ("10 %", "10")],
)
def test_case_11_numbers_and_units_are_guarded(before, after):
    """1.022 MeV and 1.032 MeV were merged as duplicates (semhash #31)."""
    rows = [
        chat(PROMPT, f"{ANSWER} The value that we measured was {number} in the end.")
        for number in (before, after)
    ]
    assert compared(*rows)["differs"].to_list() == ["a number"]
    assert set(outcomes(*rows)) == {"review"}


def test_the_first_word_of_a_sentence_is_no_name():
    assert compared(*answer("Mulch well", "Then mulch well"))["differs"].to_list() == [None]


def test_a_long_shared_text_with_another_question_is_no_duplicate():
    text = " ".join([PROMPT, ANSWER] * 3)
    rows = (
        chat(f"{text}\nWho says so?", "A gardener does."),
        chat(f"{text}\nWhat for?", "To keep out the wind."),
    )
    assert compared(*rows)["differs"].to_list() == ["the answer"]
    assert "set_aside" not in outcomes(*rows)


def test_the_same_answer_to_another_prompt_is_no_duplicate():
    rows = chat("Which hedge?", ANSWER), chat("Tell me about clay.", ANSWER)
    assert compared(*rows)["differs"].to_list() == ["the prompt"]
    assert "set_aside" not in outcomes(*rows)


def test_a_shared_system_prompt_makes_nothing_alike_and_another_one_tells_apart():
    long = " ".join([ANSWER] * 4)
    assert not compared(
        chat("Hello there.", "Good morning!", system=long), chat("Who?", "Me.", system=long)
    ).height
    rows = [chat(PROMPT, ANSWER, system=who) for who in ("You are kind.", "You are curt.")]
    assert compared(*rows)["differs"].to_list() == ["the system prompt"]


def test_rows_that_fill_one_template_are_for_a_person():
    frame = f"{ANSWER} Say whether this review is kind or unkind, in one word: it was {{}}, I thought."
    fillings = [f"{a} and {b}" for a in ("short", "slow", "warm", "cold", "loud", "plain") for b in
                ("cheap", "bitter", "salty", "sour", "clean", "rough")]  # fmt: skip
    rows = [chat(frame.format(filling), "kind") for filling in fillings]
    assert set(outcomes(*rows)) == {"review"}


def test_preference_pairs_and_labels_are_compared_too():
    one = pair(
        PROMPT,
        ANSWER,
        "Ask at a nursery near you, they know the soil there better than I do, and it is free.",
    )
    other = pair(PROMPT, ANSWER.replace("Mulch well", "Mulch deeply"), one["rejected"][0]["content"])
    assert outcomes(one, other).count("set_aside") == 1
    liked, disliked = (chat(PROMPT, ANSWER) | {"label": label} for label in (True, False))
    assert compared(liked, disliked)["differs"].to_list() == ["the label"]


def test_several_turns_are_compared_as_one():
    rows = [
        chat("Good morning.", "Hello!", PROMPT, text)
        for text in (ANSWER, ANSWER.replace("Mulch well", "Mulch deeply"))
    ]
    assert outcomes(*rows).count("set_aside") == 1


def test_case_8_every_pair_is_verified():
    """45,275,359 fuzzy candidates held 48,265 true pairs (marin #9212)."""
    words = [f"{letter}{letter}" for letter in "abcdefghijklmnop"]
    texts = Texts.of(pl.Series([" ".join(words[n:] + words[:n]) for n in range(len(words))]))
    pairs = near_pairs(texts, ngram=1, floor=0, least=1)
    assert pairs.candidates == len(pairs) and (pairs.similarity == 1).all(), "the same words in another order"
    assert not len(near_pairs(texts, ngram=5, floor=0.95, least=1))


def test_case_12_a_hub_chains_nothing_together():
    """One row alike to many made one cluster of rows that were not alike (loreai PR #293)."""
    words = [f"word{a}{b}" for a in "abcdefghij" for b in "abcdefghijklmnopqrst"]
    hub, left, right = words[10:190], words[0:180], words[20:200]
    rows = [chat(PROMPT, " ".join(text)) for text in (left, hub, right)]
    near = {(a, b): whole for a, b, whole in compared(*rows).select("example", "other", "whole").iter_rows()}
    limit = near[0, 2] + 0.01
    assert near[0, 1] >= limit and near[1, 2] >= limit
    # Which of the three is worth most is a matter of rank; two rows that are not alike never go for one another.
    out = outcomes(*rows, near_duplicate={"review": limit, "set_aside": limit})
    assert out in (["keep", "set_aside", "keep"], ["set_aside", "keep", "set_aside"])


def test_case_13_lines_wrapped_elsewhere_are_the_same_text():
    """Re-wrapping to eight words a line took the overlap from 0.87 to 0 (marin #6852)."""
    near = compared(chat(PROMPT, ANSWER), chat(PROMPT, textwrap.fill(ANSWER, 40)))
    assert near.select("whole", "prompt", "answer").row(0) == (1, 1, 1)


def test_a_pair_is_found_once_whatever_the_order():
    rows = [*answer("Mulch well", "Mulch deeply"), *answer("Mulch well", "Mulch thickly")]
    corpora = [Corpus.of(rows), Corpus.of(rows[::-1])]
    found = []
    for corpus in corpora:
        corpus = replace(corpus, near=compare(corpus)[0])
        ids = dict(corpus.examples.select("example", "id").iter_rows())
        rows_ = near_duplicate(corpus.tables["near"], corpus.tables["examples"]).collect()
        found.append({(ids[e], o) for e, o in rows_.select("example", "other").iter_rows()})
        assert rows_.height == len(found[-1])
    assert found[0] == found[1]
