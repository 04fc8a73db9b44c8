"""Shared by the tests of reading: bytes or records in, a corpus out."""

import json

import pytest

from finesift.read import read


@pytest.fixture
def corpus_of(tmp_path):
    """Reads a file of the given bytes (or text, or records as JSON lines) under the given name."""

    def corpus(data, name="data.jsonl", **options):
        if isinstance(data, list):
            data = "".join(json.dumps(record) + "\n" for record in data)
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read([path], **options)

    return corpus


@pytest.fixture
def turns_of(corpus_of):
    """The role and content of each turn of one record, which must be readable."""

    def turns(record, **options):
        corpus = corpus_of([record], **options)
        assert corpus.unreadable.is_empty(), corpus.unreadable["error"].to_list()
        return list(corpus.turns.select("role", "content").iter_rows())

    return turns


@pytest.fixture
def fault_of(corpus_of):
    """The error and the hint of the one row, which must be unreadable."""

    def fault(data, name="data.jsonl", **options):
        corpus = corpus_of(data, name, **options)
        assert corpus.examples.is_empty()
        assert corpus.unreadable.height == 1
        return corpus.unreadable.row(0, named=True)

    return fault
