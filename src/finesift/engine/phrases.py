"""Words that many answers share, counted over shards: openings, endings, and passages."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from finesift.corpus import Corpus
from finesift.engine.exchange import receive, send
from finesift.engine.work import Job, corpus_of
from finesift.match.repeats import (
    Phrase,
    edges_of,
    fewest_of,
    held_by,
    most_held,
    most_shared,
    passage,
    passages_of,
)
from finesift.views import is_answer

EDGES = ("openings", "endings")
_EDGE = pl.Schema({"key": pl.String, "text": pl.String, "n": pl.Int64})
_HELD = pl.Schema({"gram": pl.UInt64, "n": pl.Int64, "first": pl.UInt64, "holders": pl.UInt64})
#: Bytes of text for which one bucket counts phrases.
_TEXT = 1 << 28


def buckets_for(job: Job) -> int:
    """In how many buckets phrases are counted."""
    return 1 + int(job.each("said.npy").sum()) // _TEXT


def send_phrases(job: Job, number: int, corpus: Corpus, shut: pl.Series) -> int:
    """Counts the phrases of a shard's answers and sends them to where they are added up; returns how many answers there
    are. shut: examples that may not be quoted."""
    said = corpus.turns.filter(is_answer & ~pl.col("example").is_in(shut.implode())).drop_nulls("content")
    buckets = int(job.get("phrase-buckets.npy")[0])
    for name, edges in edges_of(said["content"]).items():
        to = (edges["key"].hash() % buckets).to_numpy() if edges.height else np.empty(0, np.uint64)
        send(job.path(name), number, edges.cast(_EDGE), to)
    # An answer's number is that of its example and turn, so that it is the same in whatever shard it is.
    numbers = said.select(pl.col("example").cast(pl.UInt64) * (1 << 24) + pl.col("turn")).to_series()
    places = passages_of(said["content"])
    held = held_by(places.with_columns(answer=numbers.gather(places["answer"]))).cast(_HELD)
    # All that are looked at are multiples of a few.
    to = (held["gram"].to_numpy() >> np.uint64(32)) % np.uint64(buckets)
    send(job.path("passages"), number, held, to)
    return said.height


def add_phrases(job: Job, bucket: int) -> dict[str, Any]:
    """The phrases of a bucket that enough answers share."""
    fewest = fewest_of(int(job.get("answers.npy")[0]))
    told: dict[str, Any] = {}
    for name in EDGES:
        edges = (
            receive(job.path(name), bucket, _EDGE)
            .group_by("key")
            .agg(pl.col("text").min(), pl.col("n").sum())
        )
        told[name] = edges.filter(pl.col("n") >= fewest).to_dicts()
    held = receive(job.path("passages"), bucket, _HELD)
    added = held.group_by("gram").agg(pl.col("n").sum(), pl.col("first").min(), pl.col("holders").sum())
    told["passages"] = added.filter(pl.col("n") >= fewest).to_dicts()
    return told


def phrases_of(job: Job) -> dict[str, list[Phrase]]:
    """The phrases that most answers share."""
    import orjson

    told = [
        orjson.loads(job.path("done", "add_phrases", f"{bucket}.json").read_bytes())
        for bucket in range(int(job.get("phrase-buckets.npy")[0]))
    ]
    answers = int(job.get("answers.npy")[0])
    fewest = fewest_of(answers)
    shared = {
        name: most_shared(
            pl.DataFrame([row for one in told for row in one[name]], schema=_EDGE), answers, fewest
        )
        for name in EDGES
    }
    held = pl.DataFrame([row for one in told for row in one["passages"]], schema=_HELD)
    return shared | {
        "passages": [
            Phrase(passage(_answer(job, first), gram), n, n / answers)
            for gram, n, first in most_held(held, fewest).iter_rows()
        ]
    }


def _answer(job: Job, number: int) -> str:
    example, turn = number >> 24, number & 0xFFFFFF
    shard = job.shards[int(job.shard_of(np.array([example]))[0])]
    turns = corpus_of(job, shard).turns
    text: str = turns.filter((pl.col("example") == example) & (pl.col("turn") == turn))["content"][0]
    return text
