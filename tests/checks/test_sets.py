"""Checks over a whole set: caps, preferences for length, labels of one kind."""

from finesift.corpus import Corpus, chat, pair
from finesift.registry import load_checks


def over(name, rows, **settings):
    return load_checks()[name](Corpus.of(rows).tables, **settings).collect()


def test_a_spike_at_a_cap_is_named_and_a_natural_crowd_is_not():
    spread = [chat(f"{n}?", "x" * (100 + n)) for n in range(300)]
    capped = [chat(f"c{n}?", "y" * 400) for n in range(40)]
    found = over("length_spike", spread + capped)
    assert found.height == 40 and "11.8 % of rows have exactly 400 characters" in found["message"][0]
    assert over("length_spike", spread).is_empty()
    assert over("length_spike", [chat(f"{n}?", "Yes") for n in range(500)]).is_empty()
    low = [chat(f"c{n}?", "y" * 110) for n in range(40)]
    assert over("length_spike", spread + low).is_empty(), "in the middle of the lengths, no cap"


def test_a_spike_in_the_generators_own_count_is_named():
    rows = [chat(f"{n}?", "x" * (90 + n)) | {"extra": {"completion_tokens": 30 + n}} for n in range(200)]
    rows += [chat(f"c{n}?", "y" * (1000 + 7 * n)) | {"extra": {"completion_tokens": 256}} for n in range(50)]
    assert set(over("length_spike", rows)["example"]) == set(range(200, 250))


def test_a_set_that_prefers_length_is_told_so_once():
    longer = [pair(f"{n}?", "word " * (50 + n % 9), "word " * (10 + n % 7)) for n in range(40)]
    (found,) = over("preference_bias", longer).to_dicts()
    assert "100 % of 40 pairs" in found["message"]
    assert over("preference_bias", longer[:10]).is_empty(), "ten pairs show nothing"


def test_labels_of_one_kind_are_told_once():
    rows = [chat(f"{n}?", "Yes.") | {"label": n % 30 != 0} for n in range(60)]
    assert over("label_balance", rows).height == 1
    assert over("label_balance", [chat(f"{n}?", "Yes.") for n in range(60)]).is_empty()
