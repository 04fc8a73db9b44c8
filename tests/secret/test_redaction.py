"""Secrets that a recipe names are gone from everything a run holds; what they were stands beside it."""

import json
import os
import stat

import pytest

from finesift import Recipe
from finesift.errors import RecipeError
from finesift.pipeline import prep, redecide
from finesift.run import Run

MAIL, OTHER = "annelies.v@proximus.be", "jan@telenet.be"
CARD, PHONE = "4539 5787 6362 1486", "+32 470 11 22 33"


def conversations(tmp_path):
    chats = [
        [("user", f"I am {MAIL}, my card is {CARD}."), ("assistant", f"Thank you, {MAIL.upper()}.")],
        [
            ("user", f"Write to {OTHER} or {MAIL}"),
            ("assistant", "I shall."),
            ("user", PHONE),
            ("assistant", "Noted."),
        ],
        [
            ("user", "What does a lid cost?"),
            ("assistant", "A lid costs nine euros. Write to support@shop.io."),
        ],
    ]
    rows = [{"messages": [{"role": role, "content": text} for role, text in chat]} for chat in chats]
    rows[0]["customer"] = {"mail": MAIL, "card": int(CARD.replace(" ", ""))}
    rows[1]["messages"].insert(
        1,
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": "1",
                    "type": "function",
                    "function": {
                        "name": "send",
                        "arguments": json.dumps({"to": OTHER, "pan": int(CARD.replace(" ", ""))}),
                    },
                }
            ],
        },
    )
    rows[1]["messages"].insert(2, {"role": "tool", "content": f"sent to {OTHER}", "tool_call_id": "1"})
    more = [
        {
            "messages": [
                {"role": "user", "content": f"How long do filters of type {n} last?"},
                {
                    "role": "assistant",
                    "content": f"About {n + 2} weeks, with {n * 3} cups a day, says the leaflet.",
                },
            ]
        }
        for n in range(40)
    ]
    file = tmp_path / "raw.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows + more))
    return str(file)


def made(tmp_path, kinds, name="run"):
    recipe = Recipe.parse(
        {"data": {"train": [conversations(tmp_path)], "redact": kinds}, "model": {"count_tokens": False}}
    )
    return prep(recipe, tmp_path / name)


def everything(run):
    """All that the files of a run say, compressed or not."""
    import zstandard

    said = b""
    for file in sorted(run.path.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            said += (
                zstandard.ZstdDecompressor().stream_reader(content).read()
                if file.suffix == ".zst"
                else content
            )
            if file.suffix == ".parquet":
                import polars as pl

                said += str(pl.read_parquet(file).to_dicts()).encode()
    return said


def test_no_file_of_the_run_holds_what_was_redacted(tmp_path):
    run = made(tmp_path, ["email", "card", "phone"])
    said = everything(run).decode("utf-8", "replace")
    for secret in (MAIL, MAIL.upper(), OTHER, CARD, CARD.replace(" ", ""), PHONE):
        assert secret not in said
    assert "[EMAIL_1]" in said and "[CARD_1]" in said and "[PHONE_1]" in said
    assert "support@shop.io" in said  # an office's is nobody's


def test_the_same_value_has_the_same_placeholder_and_another_another(tmp_path):
    run = made(tmp_path, ["email", "card"])
    known = [json.loads(line) for line in (tmp_path / "run.redactions.jsonl").read_text().splitlines()]
    assert {row["placeholder"]: row["value"] for row in known} == {
        "[EMAIL_1]": MAIL,
        "[EMAIL_2]": OTHER,
        "[CARD_1]": CARD,
    }
    assert run.manifest["redacted"]["email"] == {"values": 2, "places": 7}
    assert PHONE in everything(run).decode("utf-8", "replace")  # nobody asked for phones


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_what_placeholders_stand_for_is_for_the_owner_alone(tmp_path):
    made(tmp_path, ["email"])
    assert stat.S_IMODE((tmp_path / "run.redactions.jsonl").stat().st_mode) == 0o600


def test_the_calls_are_still_json_and_rows_are_found_by_the_same_ids(tmp_path):
    run, plain = made(tmp_path, ["email", "card"]), made(tmp_path, [], "plain")
    assert set(run.table("examples")["id"]) == set(plain.table("examples")["id"])
    turns = Run(run.path).table("turns")
    calls = [json.loads(text) for text in turns["tool_calls"].drop_nulls()]
    arguments = [json.loads(call[0]["function"]["arguments"]) for call in calls]
    if arguments:  # else the row is sealed
        assert arguments == [{"to": "[EMAIL_2]", "pan": "[CARD_1]"}]
    assert not (tmp_path / "plain.redactions.jsonl").exists()


def test_deciding_again_redacts_again(tmp_path):
    run = made(tmp_path, ["email"])
    again = redecide(run, Recipe.parse(run.manifest["recipe"]), tmp_path / "again")
    assert MAIL not in everything(again).decode("utf-8", "replace")
    assert (tmp_path / "again.redactions.jsonl").read_text() == (
        tmp_path / "run.redactions.jsonl"
    ).read_text()


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(RecipeError, match="redact"):
        Recipe.parse({"data": {"redact": ["mail"]}})


def test_without_a_recipe_a_card_is_set_aside_and_a_published_one_is_for_a_person(tmp_path):
    file = tmp_path / "cards.jsonl"
    said = ["Your card is 4539 5787 6362 1486, I see.", "Use 4242 4242 4242 4242 for the test."]
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"Which card is it, {n}?"},
                {"role": "assistant", "content": text},
            ]
        }
        for n, text in enumerate(said)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = Recipe.parse({"data": {"train": [str(file)]}, "model": {"count_tokens": False}})
    outcomes = prep(recipe, tmp_path / "run").table("decisions")["outcome"].to_list()
    assert outcomes == ["set_aside", "review"]
