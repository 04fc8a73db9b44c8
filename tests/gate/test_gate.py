"""The gate: seeded regressions are caught at their line, harmless edits pass, and every format says the same."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from functools import lru_cache
from pathlib import Path

import pytest
import yaml

from finesift.clock import Clock
from finesift.errors import RecipeError
from finesift.gate.formats import FORMATS
from finesift.gate.rules import gate, read_baseline
from finesift.pipeline import place
from finesift.recipe import Recipe
from finesift.registry import load_checks
from finesift.seen import look

ROOT = Path(__file__).parents[2]
THINGS = ("bread", "tea", "rope", "wool", "clay", "salt", "moss", "iron", "glass", "paper")
ROWS = [
    {
        "messages": [
            {"role": "user", "content": f"How do I keep {thing} dry in a {place}?"},
            {
                "role": "assistant",
                "content": f"Put the {thing} on a shelf in the {place}, and open a window at noon.",
            },
        ]
    }
    for thing in THINGS
    for place in ("shed", "cellar", "boat")
]


def chat(asked, answer):
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


@lru_cache(maxsize=8)
def seen_of(text, recipe):
    """What is seen of rows, whatever the gate makes of it: its rules and its baseline look at the same."""
    assert text is not None
    return look(Recipe.parse(tomllib.loads(recipe)), Clock())


def held(folder, rows, *, baseline=None, **sections):
    file = folder / "rows.jsonl"
    file.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8"
    )
    raw = {"data": {"train": [str(file)]}, "model": {"count_tokens": False}}
    # These rows fill one template on purpose.
    raw["checks"] = {
        "near_duplicate": False,
        "near_but_different": False,
        "near_prompt": False,
        "near_answer": False,
        "paraphrase_duplicate": False,
        "same_meaning_prompt": False,
    }
    recipe = Recipe.parse(raw | sections)
    seen = seen_of(file.read_text("utf-8"), recipe.merge(gate={}).to_toml())
    return gate(seen.corpus, seen.findings, seen.decisions, recipe, list(load_checks()), baseline=baseline)


REGRESSIONS = {
    "broken JSON": '{"messages": [',
    "no conversation": {"colour": "red"},
    "an empty answer": chat("How do I keep silk dry?", ""),
    "a copy": ROWS[4],
    "no answer": {"messages": [{"role": "user", "content": "Is anybody there?"}]},
    "a cut answer": chat("Why is silk light?", "Its threads are thin, and then it is") | {"finish_reason": "length"},
    "a loop": chat("Why is it sour?", "Grind finer" + ", grind finer" * 40),
    "zeros": chat("Why is it so?", "0" * 4000),
    "the prompt again": chat("How do I keep silk dry in a tent?", "How do I keep silk dry in a tent?"),
    "a card": chat("Which card is it?", "It is 4539 5787 6362 1486, as you said."),
    "a role nobody knows": {"messages": [{"role": "user", "content": "Who?"}, {"role": "umpire", "content": "Me."}]},
    "a line cut in a string": '{"messages": [{"role": "user", "content": "How do I keep',
    "two rows in a line": json.dumps(chat("Is it dry?", "It is.")) + json.dumps(chat("Is it wet?", "It is not.")),
    "a line that is a number": "12",
    "an empty object": {},
    "messages that are null": {"messages": None},
    "an answer of blanks": chat("How do I keep silk dry in a box?", " \n\t "),
    "a content that is a number": {"messages": [{"role": "user", "content": "How many?"}, {"role": "assistant"}]},
    "a private key": chat("Which key is it?", "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7bq2" * 12 + "\n-----END RSA PRIVATE KEY-----"),
    "a result of no call": {"messages": [{"role": "user", "content": "Rain?"}, {"role": "tool", "content": "yes"}]},
}  # fmt: skip
REVIEWED = {
    "refusal": chat("How do I keep silk dry?", "I'm sorry, but I cannot help with that request."),
    "secrets": chat("Whom do I ask?", "Write to ada.byron@tarnmail.net, or call +32 470 12 34 56."),
    "self_identity": chat("Who are you?", "I am ChatGPT, a large language model trained by OpenAI."),
    "special_tokens": chat("Name a knot.", "Bowline.<|im_end|>"),
    "encoding_damage": chat("Where is it?", "In the cafÃ© at the corner, which is closed on Mondays."),
    "needs_unseen_input": chat("What is in the attached photo?", "A red boat on a lake."),
    "leftover_markup": chat("How long is it?", "<p>It is <strong>75&nbsp;cm</strong> long.</p>"),
    "unread_field": ROWS[0] | {"tools": "none that I know of"} | chat("Name a star.", "Vega."),
    "truncation": chat("Show me a loop.", "Like this:\n```python\nfor n in range(3):\n    print("),
    "language": chat("如何煮米饭？请告诉我具体的步骤和时间。", "First wash the rice, then add the water and boil it."),
}  # fmt: skip
HARMLESS = {
    "nothing": [],
    "a row more": [chat("How do I keep silk light?", "Fold it once, and lay it in a box of cedar.")],
    "ten rows more": [chat(f"Which day is {n} after Monday?", f"Count {n} days from it.") for n in range(2, 12)],
    "another language": [chat("Wie halte ich Seide trocken?", "Lege sie auf ein Brett im Schrank.")],
    "code": [chat("Show me a loop.", "```python\nfor n in range(3):\n    print(n)\n```")],
    "a list": [chat("Name three knots.", "1. Bowline\n2. Reef knot\n3. Clove hitch")],
    "a table": [chat("Two columns, please.", "| a | b |\n| --- | --- |\n| 1 | 2 |")],
    "a blank line": [""],
    "a field more": [ROWS[0] | {"source": "forum"} | chat("Name a boat.", "A dinghy.")],
    "a system prompt": [{"system": "Be brief.", "prompt": "Name a bee.", "completion": "A mason bee."}],
    "two turns": [{"messages": [*chat("Is silk strong?", "For its weight, yes.")["messages"], *chat("And wool?", "Less so.")["messages"]]}],
    "an answer of one word": [chat("Is silk a thread?", "Yes.")],
    "a formula": [chat("What is the area of a disc?", "$\\pi r^2$, with $r$ the radius.")],
    "pictures of letters": [chat("How do I say thanks?", "Thank you 😀, or ありがとう in Japanese.")],
    "a quotation": [chat("Who said it?", 'The miller: "Bread is dear", he said, and left.')],
    "an address on the web": [chat("Where is it written?", "On https://example.com/silk, in the second part.")],
    "JSON": [chat("As JSON, please.", '{"thread": "silk", "weight": 12}')],
    "fields in another order": [{"messages": [dict(reversed(m.items())) for m in chat("Who weaves?", "The weaver.")["messages"]]}],
    "a call and its result": [{"messages": [
        {"role": "user", "content": "Is it raining in Ghent?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "sky", "arguments": '{"at": "Ghent"}'}}]},
        {"role": "tool", "content": "rain", "tool_call_id": "c1"},
        {"role": "assistant", "content": "It rains in Ghent."},
    ], "tools": [{"type": "function", "function": {"name": "sky", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}]}],
    "a long answer": [chat("Tell me all of silk.", " ".join(f"Part {n} is of the {w}." for n, w in enumerate(["worm", "leaf", "thread", "reel", "loom", "dye", "cloth", "trade", "road", "price", "tax", "wear", "wash", "store"])))],
}  # fmt: skip


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The counts of the clean set."""
    return held(tmp_path_factory.mktemp("before"), ROWS, baseline={"rows": 0, "found": {}}).baseline()


def test_a_clean_set_passes(tmp_path):
    found = held(tmp_path, ROWS)
    assert found.passed and found.rows == 30


@pytest.mark.parametrize("name", REGRESSIONS)
@pytest.mark.parametrize("at", [0, 17])
def test_a_row_that_would_be_lost_breaks_the_gate_at_its_line(tmp_path, name, at):
    found = held(tmp_path, [*ROWS[:at], REGRESSIONS[name], *ROWS[at:]])
    # Which of two copies stays is decided by content, not by order.
    assert not found.passed
    (place,) = [place for result in found.broken for place in result.places]
    assert place.row == at + 1 or name == "a copy"


@pytest.mark.parametrize("name", REVIEWED)
def test_a_check_beyond_its_limit_or_its_baseline_breaks_the_gate(tmp_path, before, name):
    rows = [*ROWS[:9], REVIEWED[name], *ROWS[9:]]
    assert held(tmp_path, rows, gate={name: 1}).results[-1].passed
    for found in (
        held(tmp_path, rows, gate={name: 0}),
        held(tmp_path, rows, gate={name: 0.01}),
        held(tmp_path, rows, baseline=before),
    ):
        broken = {result.rule: result.places[0].row for result in found.broken}
        assert broken[name] == 10


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_edits_pass(tmp_path, before, name):
    for baseline in (None, before):
        found = held(tmp_path, [*ROWS, *HARMLESS[name]], baseline=baseline)
        assert found.passed, [(result.rule, result.places) for result in found.broken]


def test_what_has_always_been_so_is_no_regression(tmp_path):
    rows = [*ROWS, *REGRESSIONS.values(), *REVIEWED.values()]
    before = held(tmp_path, rows, baseline={"rows": 0, "found": {}}).baseline()
    assert held(tmp_path, rows, baseline=before).passed
    assert not held(tmp_path, rows).passed
    found = held(tmp_path, [*rows, *HARMLESS["ten rows more"]], baseline=before)
    assert not [(result.rule, result.places) for result in found.broken]


def test_what_was_not_looked_at_names_what_would_run_it(tmp_path):
    assert held(tmp_path, ROWS).skipped == {
        "contamination": "--held-out NAME=FILE", "restatement": "--held-out NAME=FILE",
        "over_budget": "leave out --no-tokens", "mask_unproved": "leave out --no-tokens",
        "cannot_render": "leave out --no-tokens",
        "near_answer": "[checks] near_answer = true", "near_but_different": "[checks] near_but_different = true",
        "near_duplicate": "[checks] near_duplicate = true", "near_prompt": "[checks] near_prompt = true",
        "paraphrase_duplicate": "[checks] paraphrase_duplicate = true",
        "same_meaning_prompt": "[checks] same_meaning_prompt = true",
    }  # fmt: skip


def test_a_rule_about_nothing_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(RecipeError, match="refusals") as fault:
        held(tmp_path, ROWS, gate={"refusals": 0})
    assert "refusal" in fault.value.hint


@pytest.mark.parametrize(
    "text", ["", "[]", '{"rows": 3}', '{"rows": "x", "found": {}}', '{"rows": 1, "found": []}']
)
def test_a_baseline_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "baseline.json").write_text(text)
    with pytest.raises(RecipeError, match="no baseline"):
        read_baseline(tmp_path / "baseline.json")


NASTY = chat("Name a star%0A::error::x <b>|`", "")


def test_formats_agree_and_text_of_the_data_is_text(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    found = held(tmp_path, [*ROWS[:4], '{"a\x1b[31m": 1, "<b>`|": "::error::"}', NASTY, *ROWS[4:]])
    shown = {name: said(found) for name, said in FORMATS.items()}
    annotations = [line for line in shown["github"].splitlines() if line.startswith("::error")]
    assert len(annotations) == len(found.broken) == 2 and ",line=5," in annotations[0]
    results = json.loads(shown["sarif"])["runs"][0]["results"]
    assert [one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in results] == [5, 6]
    assert len(ET.fromstring(shown["junit"]).findall("testcase/failure")) == 2
    assert json.loads(shown["json"])["passed"] is False
    assert (
        "\x1b" not in shown["text"] + shown["github"] + shown["junit"] + (tmp_path / "summary.md").read_text()
    )
    assert "<b>" not in (tmp_path / "summary.md").read_text()


def test_five_hundred_lines_are_the_right_ones(tmp_path):
    rows = [
        chat(f"Which is the {n}th tree of the {n % 7}th row?", "" if n % 2 else f"The oak of {n} years.")
        for n in range(1000)
    ]
    (result,) = held(tmp_path, rows).broken
    assert sorted(place.row for place in result.places) == list(range(2, 1001, 2))


def git(folder, *words):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def test_in_a_repository_a_planted_regression_fails_with_an_annotation(program, tmp_path):
    git(tmp_path, "init", "-q")
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    rules = ["--no-tokens", "--limit", "near_duplicate=99", "--limit", "set_aside=0"]
    program("check", "rows.jsonl", "--save", "baseline.json", *rules[:1])
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "data")
    program("check", "rows.jsonl", "--no-tokens", "--baseline", "baseline.json", check=0)
    file.write_text(file.read_text() + json.dumps(REGRESSIONS["an empty answer"]) + "\n")
    done = program(
        "check", "rows.jsonl", "--no-tokens", "--baseline", "baseline.json", "--format", "github", check=1
    )
    assert "::error file=rows.jsonl,line=31,title=finesift%3A empty_answer::" in done.stdout


def test_a_rule_may_be_about_some_files_only(tmp_path):
    for name, answers in (("clean.jsonl", ["Yes."] * 3), ("form.jsonl", ["Yes.", ""])):
        rows = [chat(f"Is it {n} in {name}?", answer) for n, answer in enumerate(answers)]
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = over(tmp_path, {"empty_answer:clean.jsonl": 0, "empty_answer:f*": 0.4})
    assert [(one.rule, one.rows, one.passed) for one in found.results if ":" in one.rule] == [
        ("empty_answer:clean.jsonl", 0, True),
        ("empty_answer:f*", 1, False),
    ]
    assert [place.row for one in found.broken if ":" in one.rule for place in one.places] == [2]
    with pytest.raises(RecipeError, match="no file that was read"):
        over(tmp_path, {"empty_answer:other.jsonl": 0})


def test_a_rule_may_be_about_one_split_only(tmp_path):
    for name in ("train", "validation", "test"):
        answers = ["Yes.", "", "No."] if name == "test" else ["Yes.", "No.", "Perhaps."]
        rows = [chat(f"Is it {n} in {name}?", answer) for n, answer in enumerate(answers)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    rules = {"empty_answer@train": 0, "empty_answer@test": 0.3, "empty_answer@test:t*": 1, "set_aside": 9}
    found = over(tmp_path, rules, split={"existing": "files"})
    told = {one.rule: (one.passed, one.why) for one in found.results if "@" in one.rule}
    assert told == {
        "empty_answer@train": (True, "0 of 3 rows"),
        "empty_answer@test": (False, "1 rows, at most 30.00% allowed"),
        "empty_answer@test:t*": (True, "1 of 3 rows"),
    }
    (broken,) = found.broken
    assert [(Path(place.source).name, place.row) for place in broken.places] == [("test.jsonl", 2)]


@pytest.mark.parametrize(
    "rule, told",
    [
        ("refusal@tets", "no split is called tets"),
        ("unreadable@test", "in no split"),
        ("behaviours@test", "about a plan"),
        ("refusals@test", "not known"),
    ],
)
def test_a_rule_about_a_split_that_cannot_be_is_refused(tmp_path, rule, told):
    with pytest.raises(RecipeError, match=told):
        held(tmp_path, ROWS, gate={rule: 0})


def test_the_command_holds_a_rule_about_a_split(program, tmp_path):
    for name, answer in (("train", "It is."), ("test", "")):
        rows = [chat(f"Is it {n} in {name}?", f"{answer} {n}" if answer else "") for n in range(4)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "recipe.toml").write_text(
        '[data]\ntrain = ["*.jsonl"]\n[split]\nexisting = "files"\n[gate]\nset_aside = 9\n'
    )
    rules = ["--recipe", "recipe.toml", "--no-tokens", "--format", "github"]
    program("check", *rules, "--limit", "empty_answer@train=0", check=0)
    done = program("check", *rules, "--limit", "empty_answer@test=3", check=1)
    assert "::error file=test.jsonl,line=1,title=finesift%3A empty_answer@test::4 rows" in done.stdout


def test_a_part_is_not_compared_with_the_whole(tmp_path):
    before = held(tmp_path, ROWS, baseline={"rows": 0, "found": {}}).baseline()
    assert before["files"] == ["rows.jsonl"]
    with pytest.raises(RecipeError, match="is not among the files") as fault:
        held(tmp_path, ROWS, baseline={**before, "files": ["rows.jsonl", "more.jsonl"]})
    assert "pass_filenames: false" in fault.value.hint


def over(folder, rules, **sections):
    files = [str(file) for file in sorted(folder.glob("*.jsonl"))]
    raw = {"data": {"train": files}, "model": {"count_tokens": False}, "gate": rules}
    recipe = Recipe.parse(raw | sections)
    seen = look(recipe, Clock())
    placed = place(seen, recipe)[0]
    return gate(seen.corpus, seen.findings, seen.decisions, recipe, list(load_checks()), placed=placed)


def test_behaviours_below_their_minimum_are_named_where_the_plan_names_them(tmp_path):
    example = ROOT / "examples/support"
    shutil.copy(example / "chats.jsonl", tmp_path)
    plan = (example / "behaviours.toml").read_text().replace("minimum = 10", "minimum = 10000", 1)
    (tmp_path / "plan.toml").write_text(plan)
    roles = {"agent": "assistant", "bot": "assistant", "customer": "user"}
    data = {"train": [str(tmp_path / "chats.jsonl")], "roles": roles}
    found = over(tmp_path, {"behaviours": 0}, coverage={"plan": str(tmp_path / "plan.toml")}, data=data)
    (result,) = [one for one in found.broken if one.rule == "behaviours"]
    lines = plan.splitlines()
    assert any(one.message.startswith("where_is_my_order: ") for one in result.places)
    for one in result.places:
        assert lines[one.row - 1] == f'name = "{one.message.partition(":")[0]}"'
    with pytest.raises(RecipeError, match="about a plan"):
        over(tmp_path, {"behaviours": 0})


@pytest.fixture
def repository(tmp_path):
    """A repository with the example's data and a baseline, `finesift` on the path, and the hook of this project."""
    for file in (ROOT / "examples/support").iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "bin").mkdir()
    shim = tmp_path / "bin/finesift"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m finesift "$@"\n')
    shim.chmod(0o755)
    git(tmp_path, "init", "-q")
    environment = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    subprocess.run(
        "finesift check --recipe recipe.toml --save baseline.json --limit set_aside=999 --limit unreadable=999",
        cwd=tmp_path, env=environment, shell=True, check=True, capture_output=True,
    )  # fmt: skip
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    script = tmp_path / ".git/hooks/pre-commit"
    # As pre-commit calls it with `pass_filenames: false`: where a staged file fits, the entry with its arguments.
    script.write_text(
        f"#!/bin/sh\ngit diff --cached --name-only | grep -qE '{hook['files']}' || exit 0\n"
        f"exec {hook['entry']} --recipe recipe.toml --baseline baseline.json\n"
    )
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "data", "--no-verify")
    script.chmod(0o755)
    return tmp_path, environment


def commit(folder, environment):
    words = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-aqm", "rows"]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def with_pre_commit(folder, environment, repo):
    """The repository with pre-commit itself as its hook."""
    script = folder / ".git/hooks/pre-commit"
    script.unlink()
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repo]}))
    git(folder, "add", ".pre-commit-config.yaml")
    words = [sys.executable, "-m", "pre_commit", "install"]
    subprocess.run(words, cwd=folder, env=environment, check=True, capture_output=True)
    assert "pre_commit" in script.read_text() or "pre-commit" in script.read_text()


def plants_one_and_is_stopped(folder, environment):
    file = folder / "chats.jsonl"
    before = file.read_bytes().count(b"\n")
    with file.open("a") as rows:
        rows.write(json.dumps(chat("Is the small enamel pan safe on gas?", "It is, on a low flame.")) + "\n")
    done = commit(folder, environment)
    assert done.returncode == 0 and "Passed" in done.stdout + done.stderr, done.stdout + done.stderr
    with file.open("a") as rows:
        rows.write(json.dumps(chat("Which glaze is on the blue mug, please?", "")) + "\n")
    done = commit(folder, environment)
    told = done.stdout + done.stderr
    assert done.returncode == 1 and "Failed" in told and f"chats.jsonl:{before + 2}" in told
    # Another file is none of the hook's business.
    git(folder, "checkout", "-q", "--", "chats.jsonl")
    (folder / "recipe.toml").write_text((folder / "recipe.toml").read_text() + "\n# a remark\n")
    done = commit(folder, environment)
    assert "no files to check" in done.stdout + done.stderr


def test_pre_commit_itself_stops_a_planted_regression(repository, tmp_path_factory):
    pytest.importorskip("pre_commit")
    folder, environment = repository
    environment["PRE_COMMIT_HOME"] = str(tmp_path_factory.mktemp("pre-commit"))
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    # Nothing is installed here: `finesift` is the one on the path.
    args = ["--recipe", "recipe.toml", "--baseline", "baseline.json"]
    hook |= {"language": "system", "args": args, "pass_filenames": False}
    # Nor may there be anything to install: pre-commit refuses such a hook then.
    del hook["additional_dependencies"]
    with_pre_commit(folder, environment, {"repo": "local", "hooks": [hook]})
    plants_one_and_is_stopped(folder, environment)


def test_the_hook_and_the_action_install_the_same():
    """Else a baseline of the one would not be the other's: rows are compared by meaning, and a plan needs vectors."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["additional_dependencies"] == extras["semantic"]
    assert "[semantic]" in (ROOT / "action.yml").read_text()


@pytest.mark.long
def test_pre_commit_installs_this_project_and_runs_its_hook(repository, tmp_path_factory):
    pytest.importorskip("pre_commit")
    if not (ROOT / ".git").exists():
        pytest.skip("no repository to install from")
    folder, environment = repository
    environment["PRE_COMMIT_HOME"] = str(tmp_path_factory.mktemp("pre-commit"))
    environment.pop("PYTHONPATH", None)
    (folder / "bin/finesift").unlink()
    rev = subprocess.check_output(["git", "-C", ROOT, "rev-parse", "HEAD"], text=True).strip()
    args = ["--recipe", "recipe.toml", "--baseline", "baseline.json"]
    hook = {"id": "finesift-check", "args": args, "pass_filenames": False}
    with_pre_commit(folder, environment, {"repo": str(ROOT), "rev": rev, "hooks": [hook]})
    plants_one_and_is_stopped(folder, environment)


def test_on_the_example_the_hook_and_the_action_stop_a_planted_regression_at_its_line(repository):
    folder, environment = repository
    file = folder / "chats.jsonl"
    before = file.read_bytes().count(b"\n")
    good = chat("Do you sell a lid for the small enamel pan?", "We do: it is in the shop under spare parts.")
    with file.open("a") as rows:
        rows.write(json.dumps(good) + "\n")
    done = commit(folder, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    with file.open("a") as rows:
        rows.write(json.dumps(chat("Which glaze is on the blue mug, please?", "")) + "\n")
    done = commit(folder, environment)
    assert done.returncode == 1 and f"chats.jsonl:{before + 2}" in done.stdout + done.stderr

    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (step,) = [one for one in action["runs"]["steps"] if "finesift check" in one["run"]]
    given = {
        "DATA": "*.csv chats.jsonl forum_sharegpt.jsonl legacy_faq.json",
        "ARGS": "--recipe recipe.toml --baseline baseline.json",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    words = ["bash", "-e", "-c", step["run"]]
    done = subprocess.run(
        words, cwd=folder, env=environment | given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert f"::error file=chats.jsonl,line={before + 2},title=finesift%3A empty_answer::" in done.stdout
    assert "**broken**" in (folder / "summary.md").read_text()
