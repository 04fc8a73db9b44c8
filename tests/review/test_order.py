"""Which rows come first, and what is drawn."""

import pytest

from finesift import pipeline
from finesift.errors import RecipeError
from finesift.recipe import Recipe
from finesift.review.desk import Desk
from finesift.review.kinds import Rule
from finesift.review.order import FIRST, Order
from review.conftest import made


@pytest.fixture(scope="module")
def order(made_once):
    return Order(made_once, Recipe.parse(made_once.manifest["recipe"]))


def test_rows_for_review_come_first_and_every_open_row_once(order):
    rows = order.rows[order.of(FIRST).tolist()]
    asked = (rows["outcome"] == "review").to_list()
    assert asked == sorted(asked, reverse=True)
    assert any(asked)
    assert sorted(rows["example"]) == order.rows["example"].to_list()


def test_no_sealed_row_is_in_any_order(made_once, order):
    sealed = set(made_once.table("splits").filter("sealed")["example"])
    assert sealed
    assert not sealed & set(order.rows["example"])


def test_a_lot_is_its_rows_in_an_order_that_seed_and_name_fix(made_once, order):
    drawn = order.of("synthetic").tolist()
    assert order.rows[drawn]["synthetic"].all()
    assert drawn == Order(made_once, Recipe.parse(made_once.manifest["recipe"])).of("synthetic").tolist()
    assert set(order.of("generator:g0").tolist()) < set(drawn)
    assert sorted(order.of("random").tolist()) == [*range(order.rows.height)]
    other = Recipe.parse(made_once.manifest["recipe"]).merge(review={"seed": 18})
    assert Order(made_once, other).of("random").tolist() != order.of("random").tolist()


@pytest.mark.parametrize("lot", ["nonsense", "source", "synthetic:x", "check:"])
def test_a_lot_that_there_is_not_is_refused(order, lot):
    with pytest.raises(RecipeError, match="no lot"):
        order.of(lot)


def test_rows_held_for_review_are_asked_about_too(tmp_path):
    run = made(tmp_path, 40, policy={"hold_reviews": True})
    order = Order(run, Recipe.parse(run.manifest["recipe"]))
    first = order.rows[order.of(FIRST).tolist()]
    assert first["held"][0]
    assert first["outcome"][0] == "set_aside"


def test_a_row_that_another_rows_finding_names_shows_it(tmp_path, jsonl):
    chat = "Pull it out, rinse it with warm water and washing-up liquid, and dry it{} Once a week is enough{}"
    file = jsonl(
        [
            {
                "messages": [
                    {"role": "user", "content": ask},
                    {"role": "assistant", "content": chat.format(*signs)},
                ]
            }
            for ask, signs in [
                ("How do I clean the drip tray?", ".."),
                ("how do i clean the drip tray", "!!"),
            ]
        ]
    )
    recipe = Recipe.parse(
        {"data": {"train": [str(file)]}, "checks": {"restatement": False}, "split": {"test": 0.0}}
    )
    desk = Desk(pipeline.prep(recipe, tmp_path / "run"), "anna")
    both = desk.deal("tab", FIRST, 2, [])
    assert len(both) == 2
    for one, other in (both, both[::-1]):
        assert other["id"] in {found["other"] for found in one["findings"]}
        assert one["findings"][0]["beside"] is not None


def test_behaviours_stand_in_the_page_the_order_and_the_figures(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'attributes = ["turns"]\n[[behaviour]]\nname = "amber"\nabout = "Questions about amberch."\n'
        'examples = ["What is ambertaber?", "What is amberch amberar of 7?"]\nminimum = 1\n'
    )
    run = made(tmp_path, 40, coverage={"plan": str(plan)})
    order = Order(run, Recipe.parse(run.manifest["recipe"]))
    named = order.rows.filter(order.rows["behaviour"].is_not_null())
    planned = run.table("planned")
    assert set(planned["example"]) == set(named["example"])
    if named.height:
        desk = Desk(run, "anna")
        (told,) = desk.one(named["id"][0], FIRST)["behaviours"]
        assert told["name"] == "amber"
        assert told["cell"].startswith("turns ")


def test_rows_that_are_alike_are_a_kind(tmp_path, jsonl):
    answer = "Pull it out, rinse it with warm water and washing-up liquid, and dry it. Once a week{}"
    chats = [
        [("user", f"How do I clean the drip tray of the {name}?"), ("assistant", answer.format(sign))]
        for name, sign in [("Pilot", "."), ("Otter", "!"), ("Drift", "?")]
    ]
    file = jsonl([{"messages": [{"role": r, "content": c} for r, c in chat]} for chat in chats])
    recipe = Recipe.parse(
        {"data": {"train": [str(file)]}, "checks": {"restatement": False}, "split": {"test": 0.0}}
    )
    desk = Desk(pipeline.prep(recipe, tmp_path / "run"), "anna")
    first = desk.order.rows["id"][0]
    (rule,) = [one for one in desk.kind(first, None)["rules"] if one["name"] == "alike"]
    assert len(desk.kind(first, Rule("alike", rule["text"]))["rows"]) == 3
    blind = Desk(desk.run, "ben", blind=True)
    assert {one["name"] for one in blind.kind(first, None)["rules"]} == {"opening"}
