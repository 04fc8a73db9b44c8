"""Generation against a scripted server: nothing is paid twice, nothing bad is accepted, nothing unseen trains."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest

from finesift.corpus import Corpus, chat
from finesift.cover.plan import Plan
from finesift.embed.load import load_encoder
from finesift.errors import ModelError, RecipeError, RunError
from finesift.generate.accept import Judge
from finesift.generate.client import TRIES, Chat
from finesift.generate.journal import Entry, Journal
from finesift.generate.loop import Asked
from finesift.generate.of_run import generate_for, seeds_of
from finesift.generate.parse import Malformed, parsed
from finesift.generate.tasks import personas, tasks, template
from finesift.pipeline import prep
from finesift.recipe import Recipe

pytestmark = pytest.mark.skipif(load_encoder() is None, reason="needs the extra [semantic]")

MATTERS = [
    "kettle",
    "grinder",
    "scale",
    "filter",
    "machine",
    "lid",
    "cup",
    "spoon",
    "tray",
    "hose",
    "pump",
    "seal",
    "handle",
    "timer",
    "gasket",
    "funnel",
    "tamper",
    "jug",
    "brush",
    "mat",
    "carafe",
    "burr",
    "basket",
    "wand",
    "valve",
    "drawer",
    "stand",
    "plug",
    "cable",
    "switch",
    "sensor",
    "knob",
    "spring",
    "screw",
]
WAYS = (
    "it arrived with a crack", "it is the wrong colour", "it stopped after a week", "it came twice", "it is too big for my shelf",
    "I bought it by mistake", "my sister has one already", "it smells of plastic", "it hums at night", "it never got warm",
)  # fmt: skip
PLAN = Plan.model_validate(
    {
        "behaviour": [
            {
                "name": "refund",
                "about": "A customer wants money back for something they bought.",
                "examples": ["I want my money back for the kettle", "Please refund the grinder, it broke", "How do I get a refund?"],
                "minimum": 30,
            },
            {
                "name": "opening_hours",
                "about": "Somebody asks when the shop is open.",
                "examples": ["When do you open on Sunday?", "Are you open at Easter?", "Until when is the shop open today?"],
                "minimum": 3,
            },
        ]
    }
)  # fmt: skip
HELD = "Can I have a refund for the blue thermometer that broke on the second of May?"


def good(n, matter=None):
    asked = f"I want my money back for the {matter or MATTERS[n % len(MATTERS)]}: {WAYS[n // len(MATTERS) % len(WAYS)]}."
    answer = f"I am sorry about that. Send the {MATTERS[n % len(MATTERS)]} back within thirty days and we refund it in full."
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


class Server:
    """Speaks OpenAI's protocol from a script: a function from the number of the request to what is said."""

    def __init__(self, script):
        self.requests, self.script, lock = [], script, threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    number = len(server.requests)
                    server.requests.append((body, dict(self.headers)))
                said = server.script(number, body)
                status, headers, content = said if isinstance(said, tuple) else (200, {}, said)
                if isinstance(content, str):
                    content = {
                        "choices": [
                            {"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
                        ],
                        "usage": {"prompt_tokens": 100, "completion_tokens": 50},
                    }
                raw = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    made = []

    def start(script):
        made.append(Server(script))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generate")
    rows = [
        chat(f"When do you open on day {n} of the fair?", f"At {n % 9 + 1} on that day, as on any other.")
        for n in range(12)
    ]
    rows += [chat("Please refund my broken kettle", "Gladly: send it back and we refund it.")]
    rows += [chat("Refund me, my mail is ada@tarnmail.net", "Gladly: it is on its way to your account.")]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "held.jsonl").write_text(
        json.dumps({"question": HELD, "answer": "Yes, within thirty days of the purchase."}) + "\n"
    )
    recipe = {
        "data": {"train": [str(folder / "rows.jsonl")]}, "split": {"validation": 0, "test": 0},
        "held_out": {"support": str(folder / "held.jsonl")}, "model": {"count_tokens": False},
    }  # fmt: skip
    return prep(Recipe.parse(recipe), folder / "run")


def go(run, server, out, *, chatter=None, **asked):
    made = chatter or Chat(server.url, "tiny", patience=2, sleep=lambda _: None)
    return generate_for(run, PLAN, made, load_encoder().encode, out, Asked(at_once=2, **asked))


def test_a_gap_is_filled_and_every_row_says_where_it_is_from(run, server, tmp_path):
    one = server(lambda n, _: json.dumps(good(n)))
    found = go(run, one, tmp_path / "out", prices=(1.0, 2.0))
    (first, *_) = found.yields
    assert first.behaviour == "refund" and first.filled and first.why == "filled"
    assert first.asked <= 1.3 * first.wanted
    assert found.cost == pytest.approx(first.asked * (100 * 1.0 + 50 * 2.0) / 1e6)
    lines = [json.loads(line) for line in (tmp_path / "out/accepted.jsonl").read_bytes().splitlines()]
    assert len(lines) == len(found.accepted) == first.accepted
    assert all(
        line["synthetic"] is True and line["generator"] == "tiny" and line["generator_host"] == "127.0.0.1"
        for line in lines
    )
    assert {line["generator_prompt"] for line in lines} and all("cell_" in " ".join(line) for line in lines)


SINS = {
    "a copy of a row": json.dumps({"messages": chat("Please refund my broken kettle", "Gladly: send it back and we refund it.")["messages"]}),
    "a held-out item": json.dumps({"messages": chat(HELD, "Yes, within thirty days of the purchase.")["messages"]}),
    "a held-out item in a sentence more": json.dumps({"messages": chat(f"Hello there. {HELD} Thank you!", "Yes, within thirty days.")["messages"]}),
    "no JSON": "Sure! Here is an example for you.",
    "half an answer": '{"messages": [{"role": "user", "content": "I want my mon',
    "a refusal": json.dumps({"messages": chat("I want my money back for the red lamp", "I'm sorry, but I cannot help with that request.")["messages"]}),
    "another behaviour": json.dumps({"messages": chat("When do you open on Monday morning?", "At nine.")["messages"]}),
    "a wrong role": json.dumps({"messages": [{"role": "system", "content": "x"}, {"role": "assistant", "content": "y"}]}),
    "a loop": json.dumps({"messages": chat("I want my money back for the oven", "Sorry" + ", we are sorry" * 60)["messages"]}),
    "an address": json.dumps({"messages": chat("I want my money back for the lamp, I am ada@tarnmail.net", "It is on its way.")["messages"]}),
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("sin", SINS)
def test_what_may_not_stand_is_rejected_with_its_reason(run, server, tmp_path, sin):
    one = server(lambda n, _: SINS[sin])
    found = go(run, one, tmp_path / "out", count=2)
    assert found.accepted == [] and len(found.rejected) == 2
    assert all(row["why"] for row in found.rejected)


def test_a_model_that_always_says_the_same_is_taken_once_and_stopped(run, server, tmp_path):
    one = server(lambda n, _: json.dumps(good(5)))
    found = go(run, one, tmp_path / "out", count=200)
    assert len(found.accepted) == 1
    assert "were new and right" in found.yields[0].why and found.yields[0].asked < 100


def test_one_word_or_number_changed_is_no_new_row(run, server, tmp_path):
    row = "I want my money back for order {n}: the kettle came with a crack in its lid and a bent handle on one side."
    answer = (
        "I am sorry about that. Send it back within thirty days, and we refund it in full to your account."
    )
    one = server(lambda n, _: json.dumps({"messages": chat(row.format(n=n % 9 + 1), answer)["messages"]}))
    assert len(go(run, one, tmp_path / "out", count=12).accepted) == 1


def test_failures_of_a_server_are_waited_out(run, server, tmp_path):
    waits = []

    def script(n, _):
        return {
            0: (429, {"Retry-After": "7"}, {}),
            1: (500, {}, {}),
            2: (200, {}, b"{half"),
            3: (200, {}, {"choices": []}),
        }.get(n, json.dumps(good(n)))

    one = server(script)
    made = Chat(one.url, "tiny", patience=2, sleep=waits.append)
    assert made.ask([{"role": "user", "content": "x"}]).text
    assert len(one.requests) == 5 and waits[0] >= 7 and all(wait > 0 for wait in waits)


def test_a_server_that_takes_no_schema_is_asked_in_words(run, server, tmp_path):
    one = server(lambda n, body: (400, {}, {}) if "response_format" in body else json.dumps(good(n)))
    found = go(run, one, tmp_path / "out", count=3)
    assert len(found.accepted) == 3 and not found.structured
    assert sum("response_format" in body for body, _ in one.requests) <= 2, "it is not asked again and again"
    other = server(lambda n, _: json.dumps(good(n)))
    assert go(run, other, tmp_path / "other", count=2).structured
    schema = other.requests[0][0]["response_format"]["json_schema"]
    assert schema["strict"] and schema["schema"]["required"] == ["messages"]


def test_a_server_that_hangs_or_refuses_is_an_error_that_says_so(server, monkeypatch):
    one = server(lambda n, _: time.sleep(1) or "late")
    with pytest.raises(ModelError, match="Timeout"):
        Chat(one.url, "tiny", patience=0.05, sleep=lambda _: None).ask([{"role": "user", "content": "x"}])
    assert TRIES >= 3
    refusing = server(lambda n, _: (401, {}, {}))
    with pytest.raises(ModelError, match="401"):
        Chat(refusing.url, "tiny", sleep=lambda _: None).ask([{"role": "user", "content": "x"}])
    with pytest.raises(ModelError, match="no address"):
        Chat("file:///etc/passwd", "tiny")


def test_the_key_goes_to_the_server_and_into_no_file(run, server, tmp_path, monkeypatch):
    monkeypatch.setenv("FINESIFT_GENERATE_KEY", "sk-very-secret")
    one = server(lambda n, _: json.dumps(good(n)))
    go(run, one, tmp_path / "out", count=2)
    assert one.requests[0][1]["Authorization"] == "Bearer sk-very-secret"
    assert all(b"sk-very-secret" not in file.read_bytes() for file in (tmp_path / "out").iterdir())


def test_the_budget_holds(run, server, tmp_path):
    one = server(lambda n, _: "nothing of use")
    found = go(run, one, tmp_path / "out", budget=0.002, prices=(1.0, 2.0))
    assert found.cost <= 0.002 * 1.02 and "budget" in found.stopped
    assert found.cost >= 0.002 * 0.85


def test_begun_again_it_goes_on_and_pays_nothing_twice(run, server, tmp_path):
    one = server(lambda n, _: json.dumps(good(n)))
    first = go(run, one, tmp_path / "out", count=6)
    before = len(one.requests)
    again = go(run, one, tmp_path / "out", count=10)
    assert len(one.requests) - before == 4
    assert again.accepted[: len(first.accepted)] == first.accepted
    other = PLAN.model_copy(update={"attributes": ["tone"]})
    with pytest.raises(RunError, match="another plan"):
        generate_for(
            run, other, Chat(one.url, "tiny"), load_encoder().encode, tmp_path / "out", Asked(count=1)
        )


def test_a_line_cut_off_in_the_journal_is_no_line(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl", "s")
    journal.asked(0)
    journal.answered(0, Entry("x", 1, 2, "stop"))
    journal.asked(7)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"task": 9, "ans')
    again = Journal(tmp_path / "journal.jsonl", "s")
    assert (
        again.known[0] == Entry("x", 1, 2, "stop") and again.known[7].answer is None and 9 not in again.known
    )
    again.asked(9)
    assert [
        json.loads(line)["task"] for line in (tmp_path / "journal.jsonl").read_bytes().splitlines()[1:]
    ] == [0, 0, 7, 9]


KILLED = """
import sys
from finesift.cover.plan import Plan
from finesift.generate.client import Chat
from finesift.generate.loop import Asked
from finesift.generate.of_run import generate_for
from finesift.embed.load import load_encoder
from finesift.run import Run
plan = Plan.model_validate_json(sys.argv[4])
generate_for(Run.open(sys.argv[1]), plan, Chat(sys.argv[2], "tiny"), load_encoder().encode, __import__("pathlib").Path(sys.argv[3]), Asked(at_once=2))
"""


@pytest.mark.long
def test_killed_at_twenty_moments_nothing_is_asked_twice(run, server, tmp_path):
    one = server(lambda n, body: time.sleep(0.02) or json.dumps(good(body["seed"])))
    arguments = [
        sys.executable,
        "-c",
        KILLED,
        str(run.path),
        one.url,
        str(tmp_path / "out"),
        PLAN.model_dump_json(),
    ]
    for kill in range(20):
        process = subprocess.Popen(arguments, env=os.environ)
        time.sleep(1.2 + 0.07 * kill)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(arguments, check=True)
    seeds = [body["seed"] for body, _ in one.requests]
    assert len(seeds) == len(set(seeds)), "a task that was asked is never asked again"
    accepted = [json.loads(line) for line in (tmp_path / "out/accepted.jsonl").read_bytes().splitlines()]
    tasks_ = [row["generator_task"] for row in accepted]
    assert len(tasks_) == len(set(tasks_)) and len(accepted) >= 12


def test_no_row_with_a_finding_is_shown_to_a_model(run, server, tmp_path):
    from finesift.cover.of_run import cover_run

    seeds = seeds_of(run, cover_run(run, PLAN, load_encoder().encode))
    assert "tarnmail" not in json.dumps(seeds) and any(seeds.values())
    one = server(lambda n, _: json.dumps(good(n)))
    go(run, one, tmp_path / "out", count=6)
    assert all(
        "tarnmail" not in json.dumps(body) and "thermometer" not in json.dumps(body)
        for body, _ in one.requests
    )


def test_personas_and_cells_are_drawn_without_replacement(run):
    from finesift.cover.of_run import cover_run

    covered = cover_run(run, PLAN, load_encoder().encode)
    coming = tasks(PLAN.behaviour[0], covered, PLAN, [], first=0, seed=3)
    some = [next(coming) for _ in range(len(personas()))]
    assert len({one.persona for one in some}) == len(personas())
    assert len({tuple(one.cell.items()) for one in some}) == 7
    assert [one.number for one in some[:3]] == [0, 2, 4]


@pytest.mark.parametrize(
    "text, messages",
    [
        ('{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}', 2),
        ('```json\n{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n```', 2),
        ('{"messages": []}', None), ("[]", None), ("", None), (None, None), ('{"messages": "x"}', None),
        ('{"messages": [{"role": "user", "content": "a"}]}', None),
        ('{"messages": [{"role": "user", "content": " "}, {"role": "assistant", "content": "b"}]}', None),
        ('{"messages": [{"role": "user", "content": "a", "x": 1}, {"role": "assistant", "content": "b"}]}', None),
    ],
)  # fmt: skip
def test_answers_are_parsed_strictly_and_repaired_once(text, messages):
    if messages is None:
        with pytest.raises(Malformed):
            parsed(text)
    else:
        assert len(parsed(text)) == messages


@pytest.mark.parametrize("name", ["new", "refuse", "pair", "reformulate", "answer", "continue"])
def test_a_template_names_what_a_task_has(name):
    names = set(re.findall(r"(?<!{){(\w+)}(?!})", template(name=name)))
    known = {"behaviour", "about", "good", "cell", "persona", "seeds", "seen"}
    assert (
        names == known
        if name in ("new", "refuse", "pair")
        else names <= known - {"seeds", "seen"} | {"source"}
    )


def made(tmp_path, **sections):
    rows = [good(n) | {"synthetic": True, "generator": "tiny"} for n in range(60)]
    rows += [chat(f"Which day is {n} after Monday?", f"Count {n} days from it.") for n in range(2, 40)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    raw = {"data": {"train": [str(tmp_path / "rows.jsonl")]}, "model": {"count_tokens": False}}
    return prep(Recipe.parse(raw | sections), tmp_path / "run", force=True)


def trained(run):
    fates = run.table("splits").filter(pl.col("fate") != "set_aside")
    rows = run.table("examples").join(fates, on="example", how="semi")
    return rows["extra"].str.contains('"synthetic":true').fill_null(False).sum()


def test_nothing_that_a_model_wrote_trains_unseen_unless_it_is_said_by_name(tmp_path):
    run = made(tmp_path)
    assert trained(run) == 0
    assert all(
        "synthetic" not in file.read_text() for file in [*run.files("train"), *run.files("validation")]
    )
    (waiting,) = [step for step in run.manifest["verdict"]["steps"] if step["name"] == "unreviewed"]
    assert waiting["rows"] > 0
    named = made(tmp_path, policy={"train_unreviewed_synthetic": True})
    assert trained(named) > 0
    assert named.manifest["verdict"]["steps"][0]["name"] == "train_unreviewed_synthetic"
    assert "train\\_unreviewed\\_synthetic" in (named.path / "README.md").read_text()


@pytest.mark.parametrize(
    "how", [{"limits": {"unreviewed_synthetic": {}}}, {"checks": {"unreviewed_synthetic": False}}]
)
def test_no_other_setting_turns_it_off(how):
    with pytest.raises(RecipeError, match="train_unreviewed_synthetic"):
        Recipe.parse(how)


def test_a_persons_word_lets_a_row_train(tmp_path):
    run = made(tmp_path)
    ids = run.table("examples").filter(pl.col("extra").str.contains("synthetic"))["id"].head(3).to_list()
    (tmp_path / "said.jsonl").write_text(
        "".join(json.dumps({"id": id_, "outcome": "keep", "by": "Ada"}) + "\n" for id_ in ids)
    )
    assert trained(made(tmp_path, policy={"decisions": str(tmp_path / "said.jsonl")})) == 3


def test_a_judge_compares_with_what_it_took():
    judge = Judge(Corpus.of([]), PLAN, Recipe(), load_encoder().encode)
    rows = [good(0)["messages"], good(1)["messages"], good(0)["messages"]]
    first, _, third = judge.judge(rows, ["refund"] * 3)
    assert first.reason is None and third.reason
    (again,) = judge.judge([good(0)["messages"]], ["refund"])
    assert "duplicate" in again.reason


def test_what_a_server_says_stands_in_the_error_without_the_key(server, monkeypatch):
    monkeypatch.setenv("FINESIFT_GENERATE_KEY", "sk-very-secret")
    one = server(lambda n, _: (404, {}, {"error": {"message": "no model tiny\nfor sk-very-secret"}}))
    with pytest.raises(ModelError, match="404: no model tiny for …") as told:
        Chat(one.url, "tiny").ask([{"role": "user", "content": "x"}])
    assert "/v1" in told.value.hint and "sk-very" not in str(told.value)
    monkeypatch.delenv("FINESIFT_GENERATE_KEY")
    refusing = server(lambda n, _: (401, {}, b"<html>no</html>"))
    with pytest.raises(ModelError) as told:
        Chat(refusing.url, "tiny").ask([{"role": "user", "content": "x"}])
    assert "is not set" in told.value.hint


def test_a_server_that_streams_is_named_and_not_asked_again(server):
    one = server(lambda n, _: (200, {"Content-Type": "text/event-stream"}, b"data: {}\n\n"))
    with pytest.raises(ModelError, match="streams"):
        Chat(one.url, "tiny", sleep=lambda _: None).ask([{"role": "user", "content": "x"}])
    assert len(one.requests) == 1 and one.requests[0][0]["stream"] is False


def test_what_was_refused_is_asked_again_and_what_was_cut_off_is_not(run, server, tmp_path):
    closed = server(lambda n, _: (401, {}, {}))
    with pytest.raises(ModelError):
        go(run, closed, tmp_path / "out", count=4)
    opened = server(lambda n, _: json.dumps(good(n)))
    found = go(run, opened, tmp_path / "out", count=4)
    assert len(opened.requests) == 4 == len(found.accepted) and not found.yields[0].lost


def test_a_budget_holds_where_the_server_counts_no_tokens(run, server, tmp_path):
    said = json.dumps(good(1))
    one = server(lambda n, _: (200, {}, {"choices": [{"message": {"content": said}}]}))
    found = go(run, one, tmp_path / "out", budget=0.01, prices=(1.0, 2.0))
    assert not found.counted and 0.005 < found.cost <= 0.0102 and "budget" in found.stopped


def test_half_a_character_is_written_down_as_what_it_is_not(run, server, tmp_path):
    broken = json.dumps(good(1)).replace("money", "mon\\ud83dey")
    one = server(
        lambda n, _: (200, {}, {"choices": [{"message": {"content": [{"type": "text", "text": broken}]}}]})
    )
    found = go(run, one, tmp_path / "out", count=2)
    assert not found.accepted and len(found.rejected) == 2


def test_a_row_that_shows_another_behaviour_counts_for_it_where_that_lacks_rows(run, server, tmp_path):
    hours = (
        "When do you close on Friday evening?",
        "Are you open at noon on Sundays in winter?",
        "Until when may I come on Tuesday?",
    )
    one = server(
        lambda n, _: json.dumps(chat(hours[n % 3], f"At {n % 9 + 1} o'clock, as on all days of the week."))
    )
    lacking = PLAN.model_copy(
        update={"behaviour": [PLAN.behaviour[0], PLAN.behaviour[1].model_copy(update={"minimum": 14})]}
    )
    found = generate_for(
        run,
        lacking,
        Chat(one.url, "tiny"),
        load_encoder().encode,
        tmp_path / "out",
        Asked(count=6, at_once=1),
    )
    refund, opening = found.yields
    assert refund.asked == 6 and refund.accepted == 0 and refund.elsewhere == opening.accepted > 0
    assert all(
        row["behaviour"] == "opening_hours" and row["generator_asked_for"] == "refund"
        for row in found.accepted
    )
    full = go(run, one, tmp_path / "full", count=3)
    assert not full.accepted and {row["why"] for row in full.rejected} == {"plan: rather opening_hours"}


def test_a_language_that_no_row_of_the_set_is_in_is_named(run, server, tmp_path):
    asked = "Ich möchte mein Geld zurück für den Ofen, weil er nicht mehr warm wird und die Tür klemmt."
    told = "Das tut uns leid. Bitte senden Sie den Ofen zurück, und wir erstatten Ihnen den vollen Betrag auf das Konto."
    one = server(lambda n, _: json.dumps(chat(asked, told)))
    assert go(run, one, tmp_path / "out", count=1).rejected[0]["why"].startswith("language: it is in German")
