"""Decisions in the report itself: one key a row, saved as a file that `finesift decide` applies."""

import json

import pytest

from finesift import pipeline
from finesift.corpus import chat
from finesift.recipe import Recipe
from finesift.report.words import title

from .test_browser import CHROMIUM, browser  # noqa: F401  # the same fixture

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install -y chromium")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    rows = [
        chat(f"What does part {n} of the bicycle do?", f"It is [insert use of part {n}].") for n in range(4)
    ]
    rows += [
        chat(f"Where is station {n}?", f"Station {n} is {n + 3} streets north of the river.")
        for n in range(60)
    ]
    rows += [chat("Where is station 7?", "   ")]
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    checks = dict.fromkeys(("near_duplicate", "near_but_different", "same_prompt_different_answers"), False)
    recipe = {"data": {"train": [str(file)]}, "model": {"count_tokens": False}, "checks": checks}
    return pipeline.prep(Recipe.parse(recipe | {"split": {"test": 0.0}}), folder / "run")


def test_keys_decide_and_what_is_saved_can_be_applied(run, browser, tmp_path):  # noqa: F811
    page = browser.new_page()
    page.goto((run.path / "report.html").as_uri())
    asked = page.locator(".asked").count()
    assert asked >= 3
    for key in ("j", "s", "s", "k"):
        page.keyboard.press(key)
    assert page.locator("#review-count").inner_text() == f"3 of {asked} decided"
    with page.expect_download() as saved:
        page.click("#review-save")
    file = tmp_path / "decisions.jsonl"
    saved.value.save_as(file)
    told = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(one["outcome"] for one in told) == ["keep", "set_aside", "set_aside"]
    page.reload()
    assert page.locator("#review-count").inner_text() == f"3 of {asked} decided", "a reload loses nothing"
    page.close()
    recipe = Recipe.parse(run.manifest["recipe"]).merge(policy={"decisions": str(file)})
    again = pipeline.redecide(run, recipe, tmp_path / "again")
    aside = again.table("decisions").filter(outcome="set_aside")["example"].len()
    assert aside == run.table("decisions").filter(outcome="set_aside")["example"].len() + 2


def test_checks_are_named_in_words(run, browser):  # noqa: F811
    page = browser.new_page()
    page.goto((run.path / "report.html").as_uri())
    picture = page.locator("#rows svg").first.text_content()
    assert title("empty_answer") in picture and "empty_answer" not in picture
    assert title("placeholder_answer") in page.locator("#checks").inner_text()
    page.close()
