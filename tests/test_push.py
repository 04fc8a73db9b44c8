"""`finesift push` against a stand-in for the hub on loopback: what goes along, who may see it, what never leaves."""

import base64
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from finesift.corpus import chat
from finesift.hub import CARD

pytest.importorskip("huggingface_hub")
ROWS = [chat(f"How much is {n} and {n * 3}?", f"It is {4 * n}, counted {n} times.") for n in range(80)]


class Hub(ThreadingHTTPServer):
    """Just enough of the hub's HTTP interface: repositories, and commits of small files."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.private = None
        self.files = {}
        self.commits = []
        self.refuses = False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if self.server.private is None:
            self.answer({"error": "Repository not found"}, 404)
        else:
            self.answer({"id": "org/set", "sha": "0" * 40, "private": self.server.private, "siblings": []})

    def do_POST(self):
        hub = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != "Bearer hf_writes" or hub.refuses:
            self.answer({"error": "no token that may write"}, 401)
        elif self.path == "/api/repos/create":
            given = json.loads(body)
            assert (given["type"], given["name"]) == ("dataset", "set")
            if hub.private is None:
                hub.private = given.get("private", given.get("visibility") == "private")
                self.answer({"url": f"{hub.url}/datasets/org/set"})
            else:
                self.answer({"error": "exists", "url": f"{hub.url}/datasets/org/set"}, 409)
        elif self.path == "/api/validate-yaml":
            assert json.loads(body)["content"].startswith("---\n")
            self.answer({"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            files = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            self.answer({"files": modes})
        elif "/commit/" in self.path:
            lines = [json.loads(line) for line in body.splitlines()]
            hub.commits.append(lines[0]["value"]["summary"])
            for line in lines[1:]:
                hub.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            self.answer(
                {"commitUrl": f"{hub.url}/datasets/org/set/commit/1", "commitOid": "1" * 40, "success": True}
            )
        else:
            self.answer({"error": self.path}, 404)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    server = Hub()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "HF_ENDPOINT": server.url, "HF_TOKEN": "hf_writes", "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }.items():  # fmt: skip
        monkeypatch.setitem(os.environ, name, value)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def run(jsonl, program, tmp_path):
    program("prep", jsonl([*ROWS, "{"]), "-o", "run", "--test", "0.2", "--no-tokens", "-q", check=0)
    return tmp_path / "run"


def test_the_splits_and_a_card_go_along_and_nothing_else(hub, run, program_apart):
    done = program_apart("push", "run", "org/set", check=0)
    assert hub.private is True and "private" in done.stdout and hub.commits == ["Finesift: run"]
    assert set(hub.files) == {CARD, "train.jsonl", "validation.jsonl"}
    for name in ("train.jsonl", "validation.jsonl"):
        assert hub.files[name] == (run / name).read_bytes()
    card = hub.files[CARD].decode()
    assert 'load_dataset("org/set")' in card and "path: train.jsonl" in card
    assert (
        "sealed, and are not here" in card and "set_aside.jsonl" not in card and str(run.parent) not in card
    )


def test_the_test_set_goes_along_only_when_it_is_named_and_open(hub, run, program_apart):
    assert "is sealed" in program_apart("push", "run", "org/set", "--with-test", check=2).stderr
    assert not hub.files
    program_apart("unseal", "run", "--why", "published", check=0)
    program_apart("push", "run", "org/set", check=0)
    assert "test.jsonl" not in hub.files and b"split: test" not in hub.files[CARD]
    program_apart("push", "run", "org/set", "--with-test", check=0)
    assert hub.files["test.jsonl"] == (run / "test.jsonl").read_bytes() and b"split: test" in hub.files[CARD]


def test_a_public_repository_takes_nothing_unasked(hub, run, program_apart):
    hub.private = False
    assert "is public already" in program_apart("push", "run", "org/set", check=2).stderr and not hub.files
    program_apart("push", "run", "org/set", "--public", check=0)
    assert "train.jsonl" in hub.files


def test_what_was_changed_since_is_not_published(hub, run, program_apart):
    with (run / "train.jsonl").open("a") as file:
        file.write("{}\n")
    assert "not what the run wrote" in program_apart("push", "run", "org/set", check=2).stderr
    assert hub.private is None and not hub.files


def test_a_hub_that_refuses_is_named_with_what_to_do(hub, run, program_apart):
    hub.refuses = True
    done = program_apart("push", "run", "org/set", check=2)
    assert "the hub did not take org/set" in done.stderr and "hf auth login" in done.stderr
    assert "is no name" in program_apart("push", "run", "set", check=2).stderr
