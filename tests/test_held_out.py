"""What a run says about what was held out, from end to end."""

import json

import polars as pl
import pytest

from finesift import pipeline
from finesift.match.canaries import KINDS, canaries
from finesift.read import read
from finesift.read.held_out import items
from finesift.recipe import Recipe
from finesift.report.held_out import ENGLISH, LATIN, SCRIPT, HeldOut, languages
from finesift.run import Run
from finesift.tables import HELD_OUT

QUESTIONS = [
    f"A {trade} has {n} {things} on Monday and sells {n // 2} of them before noon, then buys {n + 7} more on Tuesday. "
    f"How many {things} does the {trade} have on Tuesday evening, if {n // 3} were damaged on the way?"
    for n, (trade, things) in enumerate(
        [
            ("baker", "rolls"),
            ("keeper", "lamps"),
            ("florist", "tulips"),
            ("cobbler", "boots"),
            ("tailor", "coats"),
        ],
        20,
    )
]


@pytest.fixture
def made(tmp_path):
    def row(prompt, answer="It is as you say."):
        return {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]}

    rows = [row(f"What is {n} called in the {n}th language of the house?", f"Word{n}.") for n in range(60)]
    rows += [row(QUESTIONS[0]), row(f"Help me, please: {QUESTIONS[1].upper()}")]
    data, held = tmp_path / "data.jsonl", tmp_path / "exam.jsonl"
    data.write_text("".join(json.dumps(r) + "\n" for r in rows))
    held.write_text(
        "".join(json.dumps({"question": q, "answer": str(n)}) + "\n" for n, q in enumerate(QUESTIONS))
    )
    recipe = Recipe.parse(
        {"data": {"train": [str(data)]}, "held_out": {"exam": str(held)}, "model": {"count_tokens": False}}
    )
    return pipeline.prep(recipe, tmp_path / "run")


def test_the_certificate_counts_what_was_touched(made):
    (held,) = made.manifest["summary"]["held_out"]
    assert (held["name"], held["items"], held["touched"], held["set_aside"]) == ("exam", 5, 2, 2)
    assert held["rows"]["contamination"] == 2
    assert held["remaining"] < 0.4
    assert list(held["files"]) == made.manifest["recipe"]["held_out"]["exam"]


def test_touched_items_are_listed_with_their_rows(made):
    lines = [json.loads(line) for line in (made.path / "held_out.jsonl").read_bytes().splitlines()]
    touched = [line for line in lines if any(row["check"] == "contamination" for row in line["rows"])]
    assert [(line["set"], line["item"]) for line in touched] == [("exam", 1), ("exam", 2)]
    assert {row["fate"] for line in touched for row in line["rows"]} == {"set_aside"}


def test_canaries_are_caught_and_never_come_out(made):
    (held,) = made.manifest["summary"]["held_out"]
    caught = {c["kind"]: (c["planted"], c["set_aside"] + c["review"]) for c in held["canaries"]}
    assert set(caught) <= set(KINDS)
    for kind in ("verbatim", "wrapped elsewhere", "in capitals", "question only", "inside a longer message"):
        assert caught[kind] == (5, 5), kind
    item = pl.DataFrame([{"set": "exam", "item": 3, "question": QUESTIONS[2]}], schema=HELD_OUT)
    planted = canaries(item)
    assert planted.height >= 6
    said = "".join(path.read_text("utf-8") for path in made.path.glob("*.json*"))
    said += "".join(
        str(made.table(name).to_dicts()) for name in ("examples", "turns", "findings", "held_out")
    )
    # An item that no row holds was planted in memory only.
    assert "florist" not in said and "FLORIST" not in said


def test_show_puts_the_item_beside_the_row(made):
    lines = [json.loads(line) for line in (made.path / "held_out.jsonl").read_bytes().splitlines()]
    row = Run.open(made.path).row(lines[0]["rows"][0]["id"])
    assert row.others["exam:1"].startswith(QUESTIONS[0])


def test_without_held_out_sets_nothing_is_said_of_them(tmp_path):
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps({"prompt": "Who?", "completion": "Me."}) + "\n")
    run = pipeline.prep(
        Recipe.parse({"data": {"train": [str(data)]}, "model": {"count_tokens": False}}),
        tmp_path / "run",
    )
    assert run.manifest["summary"]["held_out"] == [] and not (run.path / "held_out.jsonl").exists()


def test_training_is_looked_through_for_what_is_held_back(tmp_path):
    """A question inside a longer message is no near-duplicate of it, but a leak."""

    def row(prompt, answer, split):
        said = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        return json.dumps({"messages": said, "split": split}) + "\n"

    rows = [
        row(f"What is {n} called in the {n}th language of the house?", f"Word{n}.", "train")
        for n in range(60)
    ]
    talk = " ".join(f"By the way, my {n}th neighbour has a story about the {n}th lantern." for n in range(30))
    asked = [
        "Why does a kettle sing before it boils, and why does it stop once the bubbles reach the top of the water?",
        "Name three harbours on the west coast that stay free of ice in January, and say what keeps each of them open.",
        "My bread rises well and then falls in the oven; which of flour, yeast, salt and heat should I change first?",
    ]
    rows += [row(f"{talk} {asked[0]} {talk}", "Let me see, that is long.", "train")]
    rows += [row(q, f"There are {n} reasons that come to mind.", "test") for n, q in enumerate(asked)]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(rows))
    recipe = Recipe.parse(
        {"data": {"train": [str(data)]}, "model": {"count_tokens": False}, "split": {"existing": "split"}}
    )
    made = pipeline.prep(recipe, tmp_path / "run")
    test = next(side for side in made.manifest["summary"]["between"] if side["name"] == "test")
    assert (test["name"], test["items"], test["touched"], test["rows"]) == (
        "test",
        3,
        1,
        {"contamination": 1},
    )
    caught = {c["kind"]: c["set_aside"] + c["review"] for c in test["canaries"] if c["planted"]}
    assert caught["verbatim"] == caught["in capitals"] == 3
    report = (made.path / "report.md").read_text()
    assert "| test | 3 | 1 | 1 |" in report
    assert "kettle" not in report


def test_options_behind_a_question_are_kept_apart_from_it(tmp_path):
    (tmp_path / "exam.csv").write_text(
        "question,choice0,choice1,choice2,choice3,answer\nWhich knot is this?,reef,bowline,hitch,bend,1\n",
        "utf-8",
    )
    (item,) = items(read([str(tmp_path / "exam.csv")]), "exam").to_dicts()
    assert item["question"] == "Which knot is this?"
    assert [line.split(". ")[-1] for line in item["options"].splitlines()] == [
        "reef",
        "bowline",
        "hitch",
        "bend",
    ]


def test_it_says_in_which_languages_what_was_looked_for():
    rows = [
        {"set": "exam", "item": n, "question": question}
        for n, question in enumerate(
            [
                "How many lamps does the keeper have on the way?",
                "Wie viele Lampen hat der Wärter, und ist das nicht zu wenig?",
                "灯塔看守人有多少盏灯？",
                "灯塔在哪里？",
            ]
        )
    ]
    counted = languages(pl.DataFrame(rows, schema=HELD_OUT))
    assert dict(counted.select("kind", "items").iter_rows()) == {SCRIPT: 2, ENGLISH: 1, LATIN: 1}
    said = HeldOut("exam", {}, 4, 0, {}, 0, 0.0, None, [], {SCRIPT: 2, ENGLISH: 1, LATIN: 1}).looked_for
    assert (
        "in other words 1 in English" in said
        and "2 in another script" in said
        and "none in translation" in said
    )
