"""Secrets out of shards: first what is met in each, then, once every value has its placeholder, the shards anew."""

from __future__ import annotations

import polars as pl

from finesift.engine.work import Job, corpus_of, put_corpus
from finesift.secret.redaction import Met, merged, met, redacted_as

#: What the placeholders stand for, until it is written beside the run.
_KNOWN = "redactions.arrow"


def look(job: Job, number: int) -> Met:
    """The values in a shard, in the order in which they are met."""
    return met(corpus_of(job, job.shards[number]), job.recipe.data.redact)


def name(job: Job, parts: list[Met]) -> int:
    """Gives every value its placeholder; returns how many there are."""
    known = merged(parts, job.recipe.data.redact)
    job.save(known, _KNOWN)
    return known.height


def redact(job: Job, number: int) -> None:
    """Writes a shard anew. Done twice it does no harm: a placeholder is no secret."""
    shard = job.shards[number]
    corpus = redacted_as(corpus_of(job, shard), job.recipe.data.redact, job.load(_KNOWN))
    put_corpus(job, shard, corpus, "examples", "turns", "originals")
    job.save(corpus.unreadable, "shards", number, "unreadable.arrow")


def redactions_of(job: Job) -> pl.DataFrame:
    """As `tables.REDACTIONS`."""
    return job.load(_KNOWN).drop("key")
