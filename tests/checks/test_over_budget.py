"""What is longer than a sequence is set aside, whether it could be counted or not."""

import polars as pl

from finesift.chat import measured
from finesift.checks.over_budget import over_budget
from finesift.corpus import Corpus, chat

REFUSED = "it makes something larger than 16,000,000 characters or parts"


def test_a_row_that_is_too_long_to_be_rendered_is_over_budget():
    rows = [chat("Why?", "So. " * 400) | {"error": REFUSED}, chat("Why?", "So.") | {"error": REFUSED}]
    tables = Corpus.of(rows).tables
    found = over_budget(tables["rendered"], tables["turns"], max_tokens=100).collect()
    assert found["example"].to_list() == [0], "a template that makes much of little is another fault"
    assert "1,604" in found["message"][0] or "1604" in found["message"][0]


def test_what_the_sandbox_says_is_what_is_looked_for(program, jsonl, tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "SIZE", 400_000)
    answer = " ".join(f"w{n}" for n in range(80_000))
    rows = [chat("Write it all.", answer), *(chat(f"What is {n}?", f"It is {n + 1}.") for n in range(9))]
    program("prep", jsonl(rows), "-o", tmp_path / "run", "-q", check=0)
    (aside,) = pl.read_ndjson(tmp_path / "run/set_aside.jsonl").select("check", "why").rows()
    assert aside[0] == "over_budget" and "too many to be rendered" in aside[1]
