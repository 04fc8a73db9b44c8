"""Each way asks for what it says, keeps what it began with, and writes rows that `prep` reads."""

import json
import sys
from pathlib import Path

import pytest

from finesift.cover.plan import Plan
from finesift.embed.load import load_encoder
from finesift.errors import UsageError
from finesift.generate.client import Chat
from finesift.generate.loop import Asked
from finesift.generate.of_run import generate_for
from finesift.generate.parse import Malformed
from finesift.generate.ways import Source, made
from finesift.pipeline import prep
from finesift.recipe import Recipe

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import scripted

sys.path.pop(0)

needs_encoder = pytest.mark.skipif(load_encoder() is None, reason="needs the extra [semantic]")
SOURCE = Source(
    "abc", [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "At the depot."}]
)
ASKED, TOLD = "And when does it come?", "On Monday, in the morning."


@pytest.mark.parametrize(
    "way, answer, messages",
    [
        ("new", scripted.said(ASKED, TOLD), [ASKED, TOLD]),
        ("reformulate", scripted.said(ASKED, TOLD), [ASKED, TOLD]),
        ("answer", scripted.said("Another question?", TOLD), ["Where is it?", TOLD]),
        ("continue", scripted.said(ASKED, TOLD), ["Where is it?", "At the depot.", ASKED, TOLD]),
        ("continue", "not JSON", None),
        ("pair", scripted.said(ASKED, TOLD), None),
    ],
)
def test_an_answer_becomes_the_row_that_was_asked_for(way, answer, messages):
    source = None if way == "new" else SOURCE
    if messages is None:
        with pytest.raises(Malformed):
            made(way, answer, source)
        return
    found = made(way, answer, source)
    assert [one["content"] for one in found.messages] == messages
    if way != "new":
        assert found.row()["parent_id"] == "abc"


@pytest.mark.parametrize(
    "rejected, flaw, taken",
    [("Never.", "It is wrong.", True), (TOLD, "None.", False), ("No.", " ", False), (3, "x", False)],
)
def test_a_pair_differs_and_names_its_flaw(rejected, flaw, taken):
    answer = json.loads(scripted.said(ASKED, TOLD)) | {"rejected": rejected, "flaw": flaw}
    if not taken:
        with pytest.raises(Malformed):
            made("pair", json.dumps(answer), None)
    else:
        row = made("pair", json.dumps(answer), None).row()
        assert [one["content"] for one in row["messages"]] == [ASKED] and row["flaw"] == flaw
        assert row["chosen"][0]["content"] == TOLD and row["rejected"][0]["content"] == rejected


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways")
    asks = (
        "I want my money back for the kettle.",
        "How do I return the mug and get a refund?",
        "Please pay back what I was charged for the jar.",
        "Can I still send the mill back, and will you repay me?",
        "Refund me, I got the wrong lid.",
    )
    rows = [(ask, f"Send it back with label {n + 3}, and you are repaid.") for n, ask in enumerate(asks)]
    rows += list(scripted.rows("parcel", 3))[:6]
    (folder / "rows.jsonl").write_text("".join(scripted.said(*row) + "\n" for row in rows))
    recipe = {
        "data": {"train": [str(folder / "rows.jsonl")]},
        "split": {"validation": 0, "test": 0},
        "model": {"count_tokens": False},
    }
    return prep(Recipe.parse(recipe), folder / "run")


@needs_encoder
@pytest.mark.parametrize("way", ["reformulate", "continue", "pair"])
def test_rows_of_each_way_are_read_and_wait_for_a_person(run, tmp_path, way):
    fresh = list(scripted.rows("refund", 4))

    def script(n, body):
        said = json.loads(scripted.said(*fresh[n]))
        return json.dumps(
            said
            | ({"rejected": "We never refund anything.", "flaw": "It is false."} if way == "pair" else {})
        )

    server = scripted.Server(script)
    try:
        plan = Plan.model_validate(scripted.plan({"refund": 30}))
        made = Chat(server.url, "script")
        found = generate_for(
            run, plan, made, load_encoder().encode, tmp_path / "out", Asked(count=4, at_once=1, way=way)
        )
    finally:
        server.close()
    assert found.accepted, found.rejected
    ids = set(run.table("examples")["id"])
    for row in found.accepted:
        assert row["generator_way"] == way and row["synthetic"] is True
        assert way == "pair" or row["parent_id"] in ids
        assert len(row["messages"]) == {"reformulate": 2, "continue": 4, "pair": 1}[way]
    recipe = {"data": {"train": [str(tmp_path / "out/accepted.jsonl")]}, "model": {"count_tokens": False}}
    again = prep(Recipe.parse(recipe), tmp_path / "again")
    assert set(again.table("examples")["shape"]) == {"preference" if way == "pair" else "messages"}
    assert set(again.table("splits")["fate"]) == {"set_aside"}


@needs_encoder
def test_where_no_row_lacks_an_answer_it_is_said(run, tmp_path):
    plan = Plan.model_validate(scripted.plan({"brewing": 9}))
    with pytest.raises(UsageError, match="to answer"):
        generate_for(
            run,
            plan,
            Chat("http://127.0.0.1:9/v1", "x"),
            load_encoder().encode,
            tmp_path / "out",
            Asked(way="answer"),
        )
