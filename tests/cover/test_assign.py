"""Assignment on vectors of a known shape: the right one, abstention, and no dependence on batches or order."""

import numpy as np
import pytest

from finesift.cover import assign as module
from finesift.cover.assign import SURE, assign, interval
from finesift.cover.near import alike, uncovered
from finesift.embed.clusters import clusters


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def world(seed=0, behaviours=6, texts=5, rows=40, spread=0.5):
    chance = np.random.default_rng(seed)
    middles = unit(chance.normal(size=(behaviours, 48)))
    around = lambda n, count: unit(middles[n] + spread * chance.normal(size=(count, 48)) / 48**0.5)  # noqa: E731
    owners = np.repeat(np.arange(behaviours), texts).astype(np.int32)
    stands = np.concatenate([around(n, texts) for n in range(behaviours)])
    requests = np.concatenate([around(n, rows) for n in range(behaviours)])
    return (
        requests,
        np.repeat(np.arange(behaviours), rows),
        stands,
        owners,
        unit(chance.normal(size=(60, 48))),
    )


@pytest.mark.parametrize("seed", range(4))
def test_requests_go_to_their_behaviour_and_others_to_none(seed):
    requests, truth, stands, owners, strangers = world(seed)
    found = assign(requests, stands, owners)
    assert (found.behaviour == truth).mean() > 0.98
    assert (found.sure >= SURE).mean() > 0.9
    assert (assign(strangers, stands, owners).sure >= SURE).mean() < 0.05
    assert (owners[found.like] == found.behaviour).all(), "the evidence is a text of the behaviour"


def test_batches_and_order_change_nothing(monkeypatch):
    requests, _, stands, owners, _ = world(3)
    whole = assign(requests, stands, owners)
    monkeypatch.setattr(module, "STEP", 7)
    parts = assign(requests, stands, owners)
    order = np.random.default_rng(1).permutation(len(requests))
    mixed = assign(requests[order], stands, owners)
    assert (whole.behaviour == parts.behaviour).all() and np.allclose(whole.sure, parts.sure, atol=1e-5)
    assert (whole.behaviour[order] == mixed.behaviour).all()


def test_a_plan_of_one_and_no_request_at_all():
    requests, _, stands, owners, strangers = world()
    one = owners == 0
    assert (
        assign(requests[:40], stands[one], owners[one]).sure.mean()
        > assign(strangers, stands[one], owners[one]).sure.mean()
    )
    assert len(assign(requests[:0], stands, owners).sure) == 0
    assert (assign(requests, stands[:0], owners[:0]).behaviour == -1).all()


def test_an_interval_holds_the_expected_number():
    low, high = interval(np.full(50, 0.9, np.float32))
    assert low <= 45 <= high and interval(np.empty(0, np.float32)) == (0, 0)


def test_groups_are_found_and_named_by_their_words():
    requests, truth, _, _, _ = world(behaviours=3, rows=30)
    words = ("refund money parcel", "grind coffee sour", "invoice bill tax")
    groups = clusters(requests, [words[n] for n in truth], 3)
    assert sorted(len(one.rows) for one in groups) == [30, 30, 30]
    assert all(len(set(truth[one.rows])) == 1 for one in groups)
    assert {word for one in groups for word in one.name.split()} == {
        word for said in words for word in said.split()
    }
    assert [one.rows.tolist() for one in groups] == [
        one.rows.tolist() for one in clusters(requests, [""] * 90, 3)
    ]


def test_what_rows_are_near_is_covered_and_what_is_apart_is_not():
    requests, truth, _, _, strangers = world(behaviours=4, rows=60)
    rows, asked = requests[truth != 3], np.concatenate([requests[truth == 3], requests[truth == 0]])
    far, limit = uncovered(asked, rows)
    assert (far < 60).sum() == 60 and (far >= 60).sum() <= 12 and 0 < limit < 1
    assert len(uncovered(strangers, rows[:2])[0]) == len(strangers)
    assert (alike(asked, rows[:0], 3) == -1).all()
