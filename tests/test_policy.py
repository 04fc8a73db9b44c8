from itertools import permutations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.corpus import Corpus, chat
from finesift.findings import FINDINGS
from finesift.policy import decide
from finesift.recipe import Recipe

RECIPE = Recipe.parse(
    {
        "policy": {"keep": "first"},
        "limits": {
            "bad": {"review": 0.5, "set_aside": 0.9},
            "same": {"set_aside": 0.9},
            "near": {"review": 0.7, "set_aside": 0.8},
        },
    }
)


def test_a_row_without_findings_is_kept():
    assert outcomes(2, []) == ["keep", "keep"]


@pytest.mark.parametrize(
    "score, outcome", [(0.4, "keep"), (0.5, "review"), (0.89, "review"), (0.9, "set_aside")]
)
def test_limits_turn_scores_into_outcomes(score, outcome):
    assert outcomes(1, [(0, "bad", score, None)]) == [outcome]


def test_the_weightiest_finding_is_the_reason():
    decided = decisions(1, [(0, "bad", 0.6, None), (0, "near", 0.75, None), (0, "bad", 0.95, None)])
    assert decided["why"][0] == "bad 0.95"


def test_of_rows_that_are_the_same_one_stays():
    assert outcomes(3, [(1, "same", 1, 0), (2, "same", 1, 0)]) == ["keep", "set_aside", "set_aside"]


def test_a_duplicate_of_something_set_aside_is_kept():
    assert outcomes(2, [(0, "bad", 1, None), (1, "same", 1, 0)]) == ["set_aside", "keep"]


def test_of_duplicates_of_something_set_aside_one_stays():
    found = [(0, "bad", 1, None), (1, "same", 1, 0), (2, "same", 1, 0)]
    assert outcomes(3, found) == ["set_aside", "keep", "set_aside"]


def test_a_near_duplicate_of_something_set_aside_is_kept():
    assert outcomes(2, [(0, "bad", 1, None), (1, "near", 0.9, 0)]) == ["set_aside", "keep"]


def test_a_chain_of_near_duplicates_does_not_take_its_far_end_down():
    assert outcomes(3, [(1, "near", 0.9, 0), (2, "near", 0.9, 1)]) == ["keep", "set_aside", "keep"]


def test_it_does_not_matter_which_row_of_a_pair_has_the_finding():
    assert outcomes(2, [(0, "near", 0.9, 1)]) == outcomes(2, [(1, "near", 0.9, 0)]) == ["keep", "set_aside"]


def test_near_duplicates_below_the_limit_are_both_for_review():
    assert outcomes(2, [(1, "near", 0.75, 0)]) == ["review", "review"]
    assert outcomes(2, [(0, "bad", 1, None), (1, "near", 0.75, 0)]) == ["set_aside", "keep"]


def test_likeness_to_a_copy_counts_for_the_copy_that_stays():
    # 1 is a copy of 0; 0 is bad itself, so 1 stays in its place; 2 is like 0, hence like 1.
    found = [(0, "bad", 1, None), (1, "same", 1, 0), (2, "near", 0.9, 0)]
    assert outcomes(3, found) == ["set_aside", "keep", "set_aside"]


def test_the_reason_names_the_row_that_stays():
    corpus = make(2)
    decided = decide(*frames(corpus, [(1, "near", 0.9, 0)]), RECIPE, same=["same"])
    assert decided["why"][1] == f"near 0.9; {corpus.examples['id'][0]} stays"


def test_a_finding_about_a_held_out_item_is_about_the_row_itself():
    corpus = make(1)
    found = table(corpus, [(0, "bad", 1.0, None)]).with_columns(other=pl.lit("gsm8k:17"))
    assert decide(corpus.examples, corpus.turns, found, RECIPE)["outcome"].to_list() == ["set_aside"]


@pytest.mark.parametrize("outcome", ["keep", "review", "set_aside"])
def test_a_person_outranks_the_policy(outcome):
    corpus = make(2)
    said = pl.DataFrame(
        {"id": [corpus.examples["id"][0]], "outcome": [outcome], "by": ["Ada"], "why": ["I looked"]}
    )
    decided = decide(*frames(corpus, [(0, "bad", 1, None)]), RECIPE, persons=said)
    assert decided.row(0)[1:] == (outcome, None, "Ada", "I looked")


def test_what_a_person_kept_is_the_one_that_stays():
    corpus = make(3)
    said = pl.DataFrame(
        {"id": [corpus.examples["id"][2]], "outcome": ["keep"], "by": ["Ada"], "why": ["mine"]}
    )
    for check in ("same", "near"):
        found = [(1, check, 1, 0), (2, check, 1, 0)]
        decided = decide(*frames(corpus, found), RECIPE, same=["same"], persons=said)
        assert decided["outcome"].to_list() == (
            ["set_aside", "set_aside", "keep"] if check == "same" else ["set_aside", "keep", "keep"]
        )


def test_rows_for_review_are_held_when_the_recipe_says_so():
    held = RECIPE.merge(policy={"hold_reviews": True})
    decided = decide(*frames(make(1), [(0, "bad", 0.6, None)]), held)
    assert decided.row(0)[1] == "set_aside"
    assert decided["why"][0] == "held for review: bad 0.6"


@pytest.mark.parametrize(
    "keep, stays", [("first", 0), ("longest", 2), ("most_turns", 1), ("fewest_findings", 2)]
)
def test_the_recipe_chooses_which_row_stays(keep, stays):
    corpus = Corpus.of([chat("a", "b"), chat("a", "b", "c", "d"), chat("a", "b" * 99)])
    found = table(
        corpus, [(1, "same", 1, 0), (2, "same", 1, 0), (0, "bad", 0.1, None), (1, "bad", 0.1, None)]
    )
    recipe = RECIPE.merge(policy={"keep": keep})
    decided = decide(corpus.examples, corpus.turns, found, recipe, same=["same"])
    assert [n for n, o in enumerate(decided["outcome"]) if o == "keep"] == [stays]


links = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["bad", "same", "near"]),
        st.sampled_from([0.6, 0.75, 0.95]),
        st.integers(0, 5),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(links, st.sampled_from(["longest", "fewest_findings"]))
def test_order_never_matters_and_what_is_set_aside_has_a_reason_that_stands(found, keep):
    recipe = RECIPE.merge(policy={"keep": keep})
    texts = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff"]
    by_text = None
    for order in [list(range(6)), [5, 4, 3, 2, 1, 0], [2, 0, 5, 1, 4, 3]]:
        corpus = Corpus.of([chat("q", texts[n]) for n in order])
        place = {n: at for at, n in enumerate(order)}
        rows = [
            (place[a], check, score, None if check == "bad" else place[b])
            for a, check, score, b in found
            if check == "bad" or a != b
        ]
        decided = decide(*frames(corpus, rows), recipe, same=["same"])
        outcome = {texts[n]: decided["outcome"][place[n]] for n in range(6)}
        assert by_text in (None, outcome)
        by_text = outcome
        for row, reason in enumerate(decided["why"]):
            if reason and "stays" in reason:
                stays = reason.split("; ")[1].split()[0]
                at = corpus.examples["id"].to_list().index(stays)
                assert decided["outcome"][at] != "set_aside"
                assert at != row


def test_every_order_of_a_triangle_keeps_exactly_one():
    for order in permutations(range(3)):
        a, b, c = order
        assert outcomes(3, [(a, "near", 0.9, b), (b, "near", 0.9, c), (c, "near", 0.9, a)]).count("keep") == 1


def make(rows: int) -> Corpus:
    return Corpus.of([chat("question", f"answer {n}") for n in range(rows)])


def table(corpus: Corpus, found) -> pl.DataFrame:
    ids = corpus.examples["id"]
    return pl.DataFrame(
        [
            {
                "example": row,
                "check": check,
                "score": float(score),
                "other": None if other is None else ids[other],
                "message": f"{check} {score}",
            }
            for row, check, score, other in found
        ],
        schema=FINDINGS,
    )


def frames(corpus: Corpus, found):
    return corpus.examples, corpus.turns, table(corpus, found)


def decisions(rows: int, found) -> pl.DataFrame:
    return decide(*frames(make(rows), found), RECIPE, same=["same"])


def outcomes(rows: int, found) -> list[str]:
    return decisions(rows, found)["outcome"].to_list()
