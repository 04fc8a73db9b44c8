"""A run to review, and the page as a user has it: a server of its own, a browser."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from finesift import pipeline
from finesift.recipe import Recipe
from finesift.run import Run

CHROMIUM = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
ATTACK = '<script>window.owned = 1</script><img src="http://evil.example/x" onerror="window.owned = 2">'
WORDS = [
    f"{first}{last}"
    for first in ("am", "bir", "ced", "del", "gro")
    for last in ("ber", "ch", "ar", "ta", "ve")
]


def rows(count: int) -> list[dict]:
    """Conversations unlike one another; every third says that it is synthetic, some are for review."""
    made = []
    for n in range(count):
        said = " ".join(WORDS[(n * k + k * k) % len(WORDS)] for k in range(1, 14))
        answer = f"Number {n}: {said}." + (
            " As an AI language model, I was made by OpenAI." if n % 10 == 4 else ""
        )
        messages = [
            {"role": "user", "content": f"What is {said} of {n * n + 7}?"},
            {"role": "assistant", "content": ATTACK if n == 0 else answer},
        ]
        made.append(
            {"messages": messages} | ({"synthetic": True, "generator": f"g{n % 2}"} if n % 3 == 0 else {})
        )
    return made


def made(folder: Path, count: int, **settings):
    data = folder / "chats.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows(count)))
    recipe = Recipe.parse(
        {
            "data": {"train": [str(data)]},
            "split": {"test": 0.1},
            "checks": {"restatement": False},
            **settings,
        }
    )
    return pipeline.prep(recipe, folder / "run")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    return made(tmp_path_factory.mktemp("review"), 60)


@pytest.fixture
def run(made_once, tmp_path):
    """A run of one's own, of which nothing was decided."""
    return Run.open(shutil.copytree(made_once.path, tmp_path / "run"))


@pytest.fixture(scope="session")
def looked_at(made_once):
    """A server for tests that decide nothing."""
    served = Served(made_once.path)
    yield served
    served.kill()


class Served:
    """`finesift review` as a process; killed and started again it has the same address."""

    def __init__(self, run: Path, *options: str) -> None:
        self.run, self.options = run, options
        self.process = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "finesift", "review", self.run, "--json", *self.options]
        self.process = subprocess.Popen(
            [*map(str, command)], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        text = ""
        while not text.rstrip().endswith("}"):
            line = self.process.stdout.readline()
            assert line, "the server did not start"
            text += line
        self.at = json.loads(text)["address"]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def journal(self) -> list[dict]:
        file = self.run / "decisions.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []

    def decided(self) -> dict[str, str]:
        """Outcome by id: what was decided and not undone. Asserts that nothing is there twice."""
        lines = self.journal()
        undone = {line["undoes"] for line in lines}
        live = [line for line in lines if line["act"] == "decide" and line["number"] not in undone]
        told = [(line["id"], line["by"], line["showing"]) for line in live if line["outcome"] != "skip"]
        assert len(told) == len(set(told))
        assert len({line["key"] for line in lines}) == len(lines)
        return {line["id"]: line["outcome"] for line in live}


@pytest.fixture
def serve():
    started = []

    def start(run, *options) -> Served:
        started.append(Served(run.path, *options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install -e '.[test]'")
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(browser):
    """Opens a tab at an address; what it said and asked for is in `said` and `asked`."""
    contexts = []

    def open_tab(at, context=None, width=1280, **options):
        context = context or browser.new_context(viewport={"width": width, "height": 844}, **options)
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda asked: page.asked.append(asked.url))
        page.goto(at)
        page.wait_for_selector(".about")
        return page

    yield open_tab
    for context in contexts:
        context.close()


def written(page):
    """Waits until all that the page was told is on the disk."""
    page.wait_for_selector('body[data-pending="0"]', timeout=20_000)


def press(page, keys, pause=0.0):
    for key in keys:
        page.keyboard.press(key)
        if pause:
            time.sleep(pause)
