"""Requests and answers of a batch are joined by their id; nothing is lost where they cannot be."""

import json

import pytest

from finesift.read import read


def request(id_, said, **more):
    body = {"model": "m", "messages": [{"role": "user", "content": said}], **more}
    return {"custom_id": id_, "method": "POST", "url": "/v1/chat/completions", "body": body}


def answer(id_, said, status=200):
    choices = [{"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}]
    body = {"choices": choices} if status == 200 else {"error": {"message": said}}
    return {
        "id": f"b-{id_}",
        "custom_id": id_,
        "response": {"status_code": status, "body": body},
        "error": None,
    }


@pytest.fixture
def batch(tmp_path):
    def write(requests, answers):
        for name, rows in (("in.jsonl", requests), ("out.jsonl", answers)):
            (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return read([tmp_path / "in.jsonl", tmp_path / "out.jsonl"])

    return write


def said(corpus):
    return [
        corpus.turns.filter(corpus.turns["example"] == n)["content"].to_list()
        for n in corpus.examples["example"]
    ]


def test_an_answer_takes_its_request_along_in_any_order(batch):
    corpus = batch(
        [request(f"r{n}", f"What is {n}?", seed=10**30) for n in range(3)],
        [answer("r2", "two"), answer("r0", "none")],
    )
    assert said(corpus) == [["What is 1?"], ["What is 2?", "two"], ["What is 0?", "none"]]
    assert corpus.unreadable.is_empty()
    extra = json.loads(corpus.examples["extra"][1])
    assert extra["custom_id"] == "r2" and extra["finish_reason"] == "stop" and extra["seed"] == 10**30


def test_a_failed_request_stays_a_prompt_with_its_error(batch):
    corpus = batch([request("r0", "q")], [answer("r0", "out of quota", status=429)])
    assert said(corpus) == [["q"]]
    assert "out of quota" in corpus.examples["extra"][0]


def test_an_id_that_two_requests_share_joins_nothing(batch):
    corpus = batch([request("r0", "one"), request("r0", "two")], [answer("r0", "which?")])
    assert said(corpus) == [["one"], ["two"]]
    assert corpus.rows == 3


def test_anthropic_s_batches_are_joined_too(batch):
    asked = {
        "custom_id": "r0",
        "params": {"model": "m", "system": "Be brief.", "messages": [{"role": "user", "content": "q"}]},
    }
    message = {"role": "assistant", "content": [{"type": "text", "text": "a"}], "stop_reason": "max_tokens"}
    corpus = batch([asked], [{"custom_id": "r0", "result": {"type": "succeeded", "message": message}}])
    assert said(corpus) == [["Be brief.", "q", "a"]]


@pytest.mark.parametrize("broken", ['{"custom_id": "r0", ', "[1]", '{"custom_id": 7}'])
def test_a_broken_line_costs_itself(tmp_path, broken):
    (tmp_path / "in.jsonl").write_text(json.dumps(request("r0", "q")) + "\n" + broken + "\n")
    (tmp_path / "out.jsonl").write_text(json.dumps(answer("r0", "a")) + "\n" + broken + "\n")
    corpus = read([tmp_path / "in.jsonl", tmp_path / "out.jsonl"])
    assert said(corpus) == [["q", "a"]] and corpus.unreadable.height == 2


def test_an_answer_without_its_request_says_what_to_name(tmp_path):
    (tmp_path / "out.jsonl").write_text(json.dumps(answer("r0", "a")) + "\n")
    fault = read([tmp_path / "out.jsonl"]).unreadable.row(0, named=True)
    assert fault["error"] == "the answer of a batch, without its request"
    assert "joined by custom_id" in fault["hint"]
