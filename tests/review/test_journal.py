"""The journal: nothing lost, nothing twice, nothing changed unseen."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.errors import RunError, UsageError
from finesift.review.journal import Journal, is_journal, settled


@pytest.fixture
def path(tmp_path):
    return tmp_path / "decisions.jsonl"


def decide(journal, id_, outcome="keep", by="anna", key=None, **more):
    return journal.append(
        key=key or f"{by}-{id_}-{outcome}", act="decide", by=by, id=id_, outcome=outcome, **more
    )[0]


def test_what_was_written_is_there_after_opening_it_again(path):
    first = Journal(path)
    entries = [decide(first, "a"), decide(first, "b", "set_aside", why="wrong city")]
    assert Journal(path).entries == entries
    assert is_journal(path)


def test_a_key_is_written_once(path):
    journal = Journal(path)
    entry = decide(journal, "a", key="same-key")
    again, new = Journal(path).append(key="same-key", act="decide", by="anna", id="a", outcome="set_aside")
    assert (again, new) == (entry, False)
    assert len(path.read_bytes().splitlines()) == 1


def test_several_writers_see_one_another(path):
    one, other = Journal(path), Journal(path)
    for n in range(10):
        decide((one, other)[n % 2], f"row{n}")
    assert [entry.number for entry in Journal(path).entries] == [*range(1, 11)]


@given(cut=st.integers(1, 300))
def test_a_line_that_was_cut_off_is_written_again(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "decisions.jsonl"
    journal = Journal(path)
    decide(journal, "a")
    decide(journal, "b")
    whole = path.read_bytes()
    path.write_bytes(whole[: max(whole.index(b"\n") + 1, len(whole) - cut)])
    after = Journal(path)
    assert [entry.id for entry in after.entries] == ["a"]
    decide(after, "b")
    assert [entry.id for entry in Journal(path).entries] == ["a", "b"]


@pytest.mark.parametrize("change", ["taken out", "changed", "swapped", "no line"])
def test_a_chain_that_does_not_hold_is_refused(path, change):
    journal = Journal(path)
    for id_ in "abcd":
        decide(journal, id_)
    lines = path.read_bytes().splitlines(keepends=True)
    if change == "taken out":
        del lines[1]
    elif change == "changed":
        lines[1] = lines[1].replace(b'"keep"', b'"set_aside"')
    elif change == "swapped":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        lines[2] = b"[1]\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(RunError, match=r"decisions.jsonl:\d"):
        Journal(path)


def test_only_ones_own_decisions_can_be_undone_and_only_once(path):
    journal = Journal(path)
    entry = decide(journal, "a")
    with pytest.raises(UsageError):
        journal.append(key="undo-by-ben", act="undo", by="ben", undoes=entry.number)
    journal.append(key="undo-by-anna", act="undo", by="anna", undoes=entry.number)
    with pytest.raises(UsageError):
        journal.append(key="undo-again", act="undo", by="anna", undoes=entry.number)
    assert not settled(journal).height


def test_the_last_word_of_each_person_counts_and_most_people_decide(path):
    journal = Journal(path)
    decide(journal, "a", "keep", "anna")
    decide(journal, "a", "set_aside", "anna")
    decide(journal, "b", "keep", "anna")
    decide(journal, "b", "set_aside", "ben")
    decide(journal, "c", "keep", "anna")
    decide(journal, "c", "set_aside", "ben")
    decide(journal, "c", "set_aside", "cleo", why="no answer")
    found = {row["id"]: row for row in settled(journal).to_dicts()}
    assert found["a"]["outcome"] == "set_aside"
    assert found["b"] == {
        "id": "b",
        "outcome": "review",
        "by": "several people",
        "why": "they disagree: anna: keep; ben: set_aside",
    }
    assert (found["c"]["outcome"], found["c"]["by"], found["c"]["why"]) == (
        "set_aside",
        "ben, cleo",
        "no answer",
    )


def test_rows_decided_as_one_are_undone_as_one(path):
    journal = Journal(path)
    entry = decide(journal, "a", "set_aside", also=["b", "c"])
    assert sorted(settled(journal)["id"]) == ["a", "b", "c"]
    journal.append(key="undo-them", act="undo", by="anna", undoes=entry.number)
    assert not settled(journal).height


def test_lines_are_plain_json_with_what_an_audit_asks_for(path):
    decide(Journal(path), "a", seconds=2.5, version="a")
    (line,) = path.read_bytes().splitlines()
    assert {"id", "outcome", "why", "by", "when", "seconds", "version", "previous"} <= orjson.loads(
        line
    ).keys()
