"""Each kind of row is read as a person means it, and leaves what is another's."""

import pytest

from finesift.read.conversations.example import Row
from finesift.read.conversations.kinds import kinds
from finesift.read.conversations.shapes import NAMES
from finesift.read.conversations.turn import Reading
from finesift.read.options import Options
from finesift.read.records.exact_json import dump_quick, load_quick

each = pytest.mark.parametrize("known", kinds(), ids=lambda known: known.name)


def reading():
    return Reading(Options(), load_quick, dump_quick)


@each
def test_its_example_is_read_by_it_and_by_none_before_it(known, corpus_of):
    first = next(one for one in kinds() if one.read(Row(known.reads, reading())) is not None)
    assert first is known
    corpus = corpus_of([known.reads])
    assert corpus.unreadable.is_empty() and corpus.examples["shape"][0] in NAMES


@each
def test_another_row_is_left(known):
    assert known.read(Row(known.leaves, reading())) is None


@each
def test_it_says_how_it_is_recognised(known):
    assert len(known.what) > 40


def test_they_are_asked_in_one_order():
    assert [one.name for one in kinds()] == [
        "tree of replies", "preference pair", "KTO", "ShareGPT", "messages", "Alpaca", "prompt and answer", "text",
    ]  # fmt: skip
