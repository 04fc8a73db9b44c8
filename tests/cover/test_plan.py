"""A plan is read with helpful errors, and written so that it is read again."""

import pytest

from finesift.cover.plan import Plan
from finesift.data import example_folder
from finesift.errors import RecipeError

GOOD = (
    '[[behaviour]]\nname = "refund"\nabout = "Wants money back."\nexamples = ["Refund me"]\nminimum = 0.1\n'
)


def plan_of(tmp_path, text):
    file = tmp_path / "behaviours.toml"
    file.write_text(text, "utf-8")
    return Plan.load(file)


def test_what_is_written_is_read_again(tmp_path):
    plan = Plan.load(example_folder() / "behaviours.toml")
    assert plan_of(tmp_path, plan.to_toml()) == plan


def test_a_minimum_below_one_is_a_share(tmp_path):
    (one,) = plan_of(tmp_path, GOOD).behaviour
    assert (one.wanted(200), one.texts()) == (20, ["Wants money back.", "Refund me"])


def test_a_minimum_in_per_cent_is_a_share(tmp_path):
    (one,) = plan_of(tmp_path, GOOD.replace("0.1", '"10%"')).behaviour
    assert one.wanted(200) == 20


def test_behaviours_that_share_an_example_are_named(tmp_path):
    plan = plan_of(tmp_path, GOOD + GOOD.replace('"refund"', '"return"').replace("Refund me", "refund  ME"))
    assert plan.shared() == [("refund", "return", "refund  ME")]


def test_what_toml_forbids_is_escaped(tmp_path):
    plan = plan_of(tmp_path, GOOD.replace("Refund me", '<b>\\u007f \\"[x]\\" \\u2028é'))
    assert plan_of(tmp_path, plan.to_toml()) == plan


@pytest.mark.parametrize(
    "text, said",
    [
        (GOOD.replace("0.1", '"many"'), "neither a number of rows nor a share"),
        ("attributes = [", "is not TOML"),
        ("attributes = []", "Field required"),
        ("behaviour = []", "has no behaviour"),
        (GOOD + GOOD, "two behaviours are called refund"),
        (GOOD + 'colour = "red"', r"behaviour refund\.colour"),
        (GOOD.replace("refund", ""), "behaviour 1"),
        ('[[behaviour]]\nname = "x"', "neither a sentence"),
        (GOOD + 'good = "shout"', "none of answer, ask, refuse"),
        (GOOD + 'kind = "odd"', r"behaviour refund\.kind"),
        ('attributes = ["mood"]\n' + GOOD, "no attribute is called mood"),
    ],
)
def test_a_plan_that_is_none_says_where_and_what(tmp_path, text, said):
    with pytest.raises(RecipeError, match=said):
        plan_of(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RecipeError, match="cannot be read"):
        Plan.load(tmp_path / "nowhere.toml")
