"""What repeats is counted, and nothing sealed is quoted."""

from dataclasses import replace

import polars as pl

from finesift.checks.exact_duplicate import exact_duplicate
from finesift.corpus import Corpus, chat
from finesift.match.repeats import boilerplate, repeats

SHARED = (
    "please note that this advice is general, that it cannot replace the manual of your machine, and that the makers "
    "of this page take no responsibility for what you do with it"
)


def test_clusters_are_counted_by_size_with_their_share():
    corpus = Corpus.of(
        [chat("A?", "a"), chat("B?", "b"), chat("A?", "a"), chat("A?", "A"), chat("B?", "b"), chat("C?", "c")]
    )
    corpus = replace(corpus, rendered=corpus.rendered.with_columns(tokens=pl.lit(10, pl.UInt32)))
    links = exact_duplicate(corpus.turns.lazy(), corpus.examples.lazy()).collect()
    found = repeats(corpus, links, pl.Series([0], dtype=pl.UInt32))
    assert found.sizes == {"2": 1, "3": 1}
    assert [(c.size, round(c.share, 3), len(c.members)) for c in found.largest] == [
        (3, 0.5, 2),
        (2, 0.333, 2),
    ]
    ids = corpus.examples["id"].to_list()
    assert ids[0] not in found.largest[0].members, "a sealed row is not named"


def test_what_many_answers_share_is_named_with_its_count():
    answers = [
        f"Certainly! Here is the answer you want: {n}. {SHARED if n % 2 else ''} Let me know if it helps."
        for n in range(40)
    ]
    found = boilerplate(pl.Series(answers))
    assert [(p.text, p.answers) for p in found["openings"]] == [("Certainly! Here is the answer", 40)]
    assert [(p.text, p.answers) for p in found["endings"]] == [("me know if it helps.", 40)]
    assert found["passages"][0].answers == 20
    assert found["passages"][0].text in f"{SHARED} Let me know if it helps"


def test_answers_that_share_nothing_have_no_boilerplate():
    assert not any(
        boilerplate(pl.Series([f"{n} is a number of its own, {n + 1} follows" for n in range(100)])).values()
    )
    assert not any(boilerplate(pl.Series([], dtype=pl.String)).values())
