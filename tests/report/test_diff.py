"""Two runs side by side."""

import io
import json
import re

import polars as pl
import pytest
from rich.console import Console

from finesift import pipeline
from finesift.recipe import Recipe
from finesift.report.diff import diff
from finesift.report.differences import page, terminal
from finesift.review.journal import Journal


def chat(prompt, answer):
    return {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]}


PLAIN = [chat(f"Question number {n} about something?", f"It is the {n}th thing.") for n in range(60)]
EMPTY = chat("Say nothing.", "")


@pytest.fixture
def made(tmp_path):
    """Makes a run of rows under a name; returns it."""

    def make(name, rows, **sections):
        data = tmp_path / f"{name}.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        recipe = Recipe.parse({"data": {"train": [str(data)]}, "model": {"count_tokens": False}, **sections})
        return pipeline.prep(recipe, tmp_path / name)

    return make


def test_a_run_and_itself_do_not_differ(made):
    run = made("a", [*PLAIN, EMPTY])
    found = diff(run, run)
    assert not found.settings and not found.changes
    assert found.gained.height == found.lost.height == found.changed.height == 0
    assert all(figure.before == figure.after for figure in found.figures)


def test_rows_are_matched_by_content_not_by_place(made):
    extra = chat("A new question?", "A new answer.")
    found = diff(made("a", [*PLAIN, EMPTY]), made("b", [extra, *reversed(PLAIN)]))
    assert found.gained.select("row", "outcome").rows() == [(1, "keep")]
    assert found.lost.select("row", "outcome", "check").rows() == [(61, "set_aside", "empty_answer")]
    assert found.changed.height == 0, "relatives keep their split when rows come, go or change places"


def test_another_limit_moves_rows_and_is_named(made):
    first = made("a", [*PLAIN, EMPTY])
    recipe = Recipe.parse(first.manifest["recipe"]).with_limits(["empty_answer.set_aside=never"])
    second = pipeline.redecide(first, recipe, first.path.with_name("b"))
    there, back = diff(first, second), diff(second, first)
    (change,) = there.changes
    assert (change.before, change.reason, change.rows) == ("set_aside", "no longer empty_answer", 1)
    assert back.changes[0].reason == "empty_answer"
    assert back.changed["why"].to_list() == ["the answer is empty"]
    assert [setting.name for setting in there.settings] == ["limits.empty_answer.set_aside"]


def test_another_seed_is_the_splits_doing(made):
    first, second = made("a", PLAIN), made("b", PLAIN, split={"seed": 18})
    found = diff(first, second)
    assert {change.reason for change in found.changes} == {"the split"}
    assert "split.seed" in [setting.name for setting in found.settings]


def test_a_persons_word_is_the_reason(made, tmp_path):
    first = made("a", PLAIN)
    id_ = first.table("examples")["id"][0]
    said = tmp_path / "decisions.jsonl"
    said.write_text(json.dumps({"id": id_, "outcome": "set_aside", "by": "Ada"}) + "\n")
    recipe = Recipe.parse(first.manifest["recipe"]).merge(policy={"decisions": str(said)})
    second = pipeline.redecide(first, recipe, tmp_path / "b")
    assert [(c.reason, c.ids) for c in diff(first, second).changes] == [("decided by Ada", [id_])]


def test_figures_add_up_to_the_difference_of_rows(made):
    found = diff(made("a", PLAIN), made("b", [*PLAIN, EMPTY, "{"]))
    figures = {figure.name: figure.after - figure.before for figure in found.figures}
    assert figures["rows read"] == 2
    assert sum(figures[fate] for fate in ("train", "validation", "test", "set_aside", "unreadable")) == 2


def test_from_the_command_line(made, program):
    first, second = made("a", PLAIN), made("b", [*PLAIN, EMPTY])
    said = program("diff", first.path, second.path, check=0).stdout
    assert "1 row gained" in said and "set aside 1: " in said
    raw = json.loads(program("diff", first.path, second.path, "--json", check=0).stdout)
    assert [row["check"] for row in raw["gained"]] == ["empty_answer"]
    assert "not a run folder" in program("diff", first.path, ".", check=2).stderr


def test_a_page_of_what_is_different(made, program, tmp_path):
    first = made("a", PLAIN)
    second = made("b", [*PLAIN, EMPTY, chat("What is <b>bold</b>?", "<script>alert(1)</script> no")])
    page = tmp_path / "diff.html"
    done = program("diff", first.path, second.path, "--html", page, check=0)
    assert done.stdout == "" and "shows what is different" in done.stderr
    html = page.read_text("utf-8")
    assert "2 rows gained" in html and "empty_answer" in html and "<script" not in html
    assert len(re.findall("Train (?:on it|after)|Do not train", html)) == 2, "each run's answer stands there"
    assert "default-src 'none'" in html and not re.search(r"https?://|src=|url\(", html)
    assert program("diff", first.path, second.path, "--html", tmp_path / "no" / "x.html").returncode == 2


def test_a_corrected_text_stands_in_the_diff(made, tmp_path):
    before = made("a", PLAIN)
    open_ = before.table("splits").filter(~pl.col("sealed"))
    id_ = before.table("examples").join(open_, on="example")["id"][0]
    edit = {"turn": 1, "content": "It is a better <answer>."}
    Journal(before.path / "decisions.jsonl").append(
        key="one", act="decide", by="ada", id=id_, outcome="keep", why="it was vague", edits=[edit]
    )
    recipe = Recipe.parse(before.manifest["recipe"])
    decided = recipe.merge(policy={"decisions": str(before.path / "decisions.jsonl")})
    after = pipeline.redecide(before, decided, tmp_path / "after")
    found = diff(before, after)
    assert found.edited.select("id", "after", "by").rows() == [(id_, edit["content"], "ada")]
    assert diff(after, after).edited.is_empty()
    html = page(found, ("before", "after"), (before.manifest, after.manifest))
    assert "better &lt;answer&gt;" in re.sub("</?mark>", "", html) and "by ada: it was vague" in html
    out = io.StringIO()
    Console(file=out).print(terminal(found, ("before", "after")))
    assert "1 text was corrected by a person" in out.getvalue()
