"""The parts that shards are put together with."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.engine.copies import content_of, find_copies, hex_of, ids_of, rows_of
from finesift.engine.exchange import receive, send
from finesift.engine.figures import quantiles
from finesift.engine.work import Job
from finesift.recipe import Recipe
from finesift.report.summary import quantiles as in_memory

SCHEMA = {"example": pl.UInt32, "said": pl.String, "role": pl.Enum(["user", "assistant"])}


@given(st.lists(st.one_of(st.none(), st.integers(0, 40)), max_size=300))
def test_quantiles_of_counts_are_those_of_values(values):
    counted = pl.DataFrame({"value": values}, schema={"value": pl.Int64}).group_by("value").agg(rows=pl.len())
    assert quantiles(counted) == in_memory(pl.Series(values, dtype=pl.Int64))


@given(st.lists(st.tuples(st.integers(0, 9), st.text(max_size=5)), max_size=60), st.integers(1, 4))
def test_every_row_arrives_where_it_was_sent_in_order(tmp_path_factory, rows, senders):
    folder = tmp_path_factory.mktemp("exchange")
    sent = {bucket: [] for bucket in range(10)}
    for sender in range(senders):
        part = [(to, f"{sender}{said}") for to, said in rows]
        frame = pl.DataFrame(
            {"example": range(len(part)), "said": [s for _, s in part], "role": ["user"] * len(part)},
            schema=SCHEMA,
        )
        send(folder, sender, frame, np.array([to for to, _ in part], np.int64))
        for to, said in part:
            sent[to].append(said)
    for bucket, said in sent.items():
        assert receive(folder, bucket, SCHEMA)["said"].to_list() == said


@pytest.fixture
def job(tmp_path):
    """Two shards of rows with copies among them."""
    contents = [[7, 9, 2**64 - 1, 9], [9, 7, 5]]
    job = Job(tmp_path, Recipe(), 1, 1).numbered([[0, 0, 4], [1, 4, 3]])
    for number, content in enumerate(contents):
        job.put(np.array(content, np.uint64), "shards", number, "content.npy")
    assert find_copies(job) == {"copies": 3}
    return job


def test_copies_are_numbered_and_ids_name_their_rows(job):
    ids = ids_of(job, np.arange(7))
    nine = f"{9:016x}"
    assert ids.to_list() == [
        f"{7:016x}", nine, "f" * 16, f"{nine}-2", f"{nine}-3", f"{7:016x}-2", f"{5:016x}"
    ]  # fmt: skip
    assert rows_of(job, ids).tolist() == list(range(7))
    others = pl.Series([f"{nine}-4", f"{8:016x}", "exam:3", "", f"{nine}-1", f"{nine}-02"])
    assert rows_of(job, others).tolist()[:4] == [-1, -1, -1, -1]
    assert job.get("copies-first.npy").tolist() == [1, 1, 0]


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_ids_are_sixteen_digits_and_back(numbers):
    contents = np.array(numbers, np.uint64)
    texts = hex_of(contents)
    assert texts.to_list() == [f"{number:016x}" for number in numbers]
    if numbers:
        assert content_of(texts).tolist() == numbers


def test_an_example_is_in_the_shard_that_has_rows(tmp_path):
    job = Job(tmp_path, Recipe(), 1, 1).numbered([[0, 0, 0], [1, 0, 10], [2, 10, 0], [3, 10, 5], [4, 15, 0]])
    assert job.shard_of(np.array([0, 9, 10, 14])).tolist() == [1, 1, 3, 3]
