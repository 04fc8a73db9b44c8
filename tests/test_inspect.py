"""The first look at data: what each file holds, what is not used, what is wrong, and what to do next."""

import json

import pytest

from finesift import pipeline
from finesift.corpus import chat
from finesift.recipe import Recipe

CHATS = [chat(f"How much is {n} and {n}?", f"It is {2 * n}.") | {"lang": "en"} for n in range(8)]
QUESTIONS = [{"my_question": f"Who was number {n}?", "my_answer": f"King {n}."} for n in range(5)]


@pytest.fixture
def data(tmp_path):
    chats = tmp_path / "chats.jsonl"
    weighed = chat("q?", {"role": "assistant", "content": "a, surely.", "weight": 0.5}, "why?", "so.")
    lines = [json.dumps(row) for row in [*CHATS, weighed, chat("Say it.", "")]] + ["{"] * 5
    chats.write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS))
    return tmp_path


@pytest.fixture
def seen(data):
    files = [str(data / name) for name in ("chats.jsonl", "questions.jsonl")]
    return pipeline.inspect(Recipe.parse({"data": {"train": files}, "model": {"count_tokens": False}}))


def test_each_file_by_itself(seen, data):
    chats, questions = seen.files[str(data / "chats.jsonl")], seen.files[str(data / "questions.jsonl")]
    assert (chats.rows, chats.unreadable, chats.shapes) == (15, 5, {"messages": 10})
    assert chats.roles == {"assistant": 11, "user": 11}
    assert (chats.turns["50%"], chats.turns["100%"]) == (2, 4)
    assert (questions.rows, questions.unreadable, questions.shapes) == (5, 5, {})


def test_fields_that_nothing_uses_are_counted(seen):
    assert seen.ignored == {"lang": 8, "messages[].weight": 1}


def test_what_prep_would_do_adds_up(seen):
    assert seen.next.set_aside >= 1  # the empty answer
    assert seen.next.keep + seen.next.set_aside + seen.next.unreadable == seen.rows == 20


def test_columns_that_look_right_are_tried_before_they_are_suggested(seen):
    assert seen.next.suggestion.columns == {"my_question": "prompt", "my_answer": "completion"}
    assert seen.next.suggestion.rows == 5


def test_the_suggestion_works(seen, data):
    recipe = {"data": {"train": [str(data / "questions.jsonl")], "columns": seen.next.suggestion.columns}}
    again = pipeline.inspect(Recipe.parse(recipe | {"model": {"count_tokens": False}}))
    assert again.shapes == {"prompt_completion": 5}
    assert again.next.suggestion is None


def test_a_suggestion_survives_numbers_beyond_64_bits(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"my_question": 123456789012345678901234567890, "my_answer": "a"}\n')
    seen = pipeline.inspect(Recipe.parse({"data": {"train": [str(file)]}, "model": {"count_tokens": False}}))
    assert seen.next.suggestion is None


def test_it_is_shown_as_text(program, data):
    said = program("inspect", "chats.jsonl", "questions.jsonl", check=0).stdout
    for part in (
        "chats.jsonl:11, chats.jsonl:12, chats.jsonl:13 and 2 more",
        "the line ends in the middle of the record",
        "lang 8, messages[].weight 1",
        "characters",
        "tokens",
        '"my_question" looks like prompt, "my_answer" looks like completion',
        'columns = { my_question = "prompt", my_answer = "completion" }',
        "prep would keep",
    ):
        assert part in said


def test_it_is_shown_as_json(program, data):
    figures = json.loads(program("inspect", "chats.jsonl", "questions.jsonl", "--json", check=0).stdout)
    assert figures["rows"] == 20
    assert figures["files"]["chats.jsonl"]["shapes"] == {"messages": 10}
    assert figures["ignored"] == {"lang": 8, "messages[].weight": 1}
    assert figures["characters"]["50%"] > 0
    assert figures["tokens"]["50%"] > 0
    assert figures["next"]["suggestion"]["rows"] == 5


def test_no_rows_are_no_reason_to_fail(program, tmp_path):
    (tmp_path / "bad.jsonl").write_text("{\n")
    assert "1 unreadable" in program("inspect", "bad.jsonl", check=0).stdout


def test_each_file_names_the_layout_it_was_taken_for_and_how_sure_that_is(tmp_path):
    log = {
        "request": {"messages": [{"role": "user", "content": "Name a reef."}]},
        "response": {"choices": [{"message": {"role": "assistant", "content": "Ningaloo."}}]},
    }
    alpaca = {"instruction": "Name a reef.", "input": "", "output": "Ningaloo."}
    files = {
        "logs.jsonl": [log] * 4,
        "alpaca.jsonl": [alpaca] * 3 + [alpaca | {"rejected_answer": "Granny."}],
        "odd.jsonl": [{"a": 1}],
    }
    for name, rows in files.items():
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    paths = [str(tmp_path / name) for name in files]
    seen = pipeline.inspect(Recipe.parse({"data": {"train": paths}, "model": {"count_tokens": False}}))
    logs, alpacas, odd = (seen.files[path] for path in paths)
    assert (logs.layout, logs.share, logs.doubts) == ("chat completion log", 1.0, {})
    assert (alpacas.layout, alpacas.share) == ("Alpaca", 0.75)
    assert list(alpacas.doubts.values()) == [1]
    assert (odd.layout, odd.share, odd.shown) == ("", 0.0, None)
    assert logs.shown.row == 1 and logs.shown.before.startswith('{"request"')
    assert logs.shown.after == [("user", "Name a reef."), ("assistant", "Ningaloo.")]


def test_long_paths_keep_their_end():
    from finesift.report.places import shortened

    long = "/a/very/long/way/to/the/data/of/the/shop/tickets.jsonl"
    assert shortened(long) == f"…{long[-35:]}"
    assert shortened("tickets.jsonl") == "tickets.jsonl"


@pytest.fixture
def many(monkeypatch):
    """More than 40 rows are many, and 20 of them are drawn."""
    monkeypatch.setattr(pipeline, "MANY", 40)
    monkeypatch.setattr(pipeline, "DRAWN", 20)


def test_of_many_rows_some_are_checked_and_all_are_counted(jsonl, program, many):
    rows = [chat(f"How much is {n} and {n}?", "" if n % 2 else f"It is {2 * n}.") for n in range(60)]
    data = jsonl([*rows, "{"])
    figures = json.loads(program("inspect", data, "--json", check=0).stdout)
    assert (figures["rows"], figures["drawn"]) == (61, 20)
    assert figures["turns"] == {"assistant": 60, "user": 60}
    assert figures["masks"]["conversations"] == 20
    assert figures["next"]["keep"] + figures["next"]["set_aside"] == 20
    assert figures["next"]["unreadable"] == 1
    assert 0 < next(c for c in figures["checks"] if c["check"] == "empty_answer")["found"] <= 20
    said = program("inspect", data, check=0).stdout
    for part in (
        "20 rows that were drawn",
        "--all",
        "of the 20 rows drawn, compared with no other, prep would keep",
    ):
        assert part in said
    assert "of all rows read" not in said
    whole = json.loads(program("inspect", data, "--json", "--all", check=0).stdout)
    assert whole["drawn"] is None
    assert whole["next"]["keep"] + whole["next"]["set_aside"] == 60


def test_which_rows_are_drawn_follows_from_what_they_say(jsonl, many):
    rows = [chat(f"How much is {n} and {n}?", "" if n % 2 else f"It is {2 * n}.") for n in range(60)]

    def found(rows):
        seen = pipeline.inspect(Recipe.parse({"data": {"train": [str(jsonl(rows))]}}), some=True)
        return seen.next, seen.summary.tokens

    assert found(rows) == found(rows[::-1])


def test_what_speaks_of_all_rows_has_all_looked_at(jsonl, many, tmp_path):
    (tmp_path / "plan.toml").write_text('[[behaviour]]\nname = "sums"\nexamples = ["How much is 1 and 1?"]\n')
    data = jsonl([chat(f"How much is {n} and {n}?", f"It is {2 * n}.") for n in range(60)])
    recipe = {"data": {"train": [str(data)]}, "coverage": {"plan": str(tmp_path / "plan.toml")}}
    assert pipeline.inspect(Recipe.parse(recipe), some=True).drawn is None
