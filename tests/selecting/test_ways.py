import numpy as np
import polars as pl
import pytest

from finesift.errors import UsageError
from finesift.select.budget import Budget, budget
from finesift.select.pool import Pool
from finesift.select.ways import SEEDS, WAYS, Asked, by_chance, choose, nearest, overlaps


def pool(rows: int = 300, *, behaviour=None, cluster=None, seed: int = 1) -> Pool:
    chance = np.random.default_rng(seed)
    vectors = chance.standard_normal((rows, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    frame = pl.DataFrame({
        "example": range(rows),
        "id": [f"{n:04d}" for n in range(rows)],
        "source": "a.jsonl",
        "text": [str(n) for n in range(rows)],
        "length": chance.integers(1, 500, rows),
        "tokens": chance.integers(5, 50, rows),
        "quality": chance.permutation(rows),
        "behaviour": pl.Series(behaviour or [None] * rows, dtype=pl.String),
        "cluster": cluster or range(rows),
    })  # fmt: skip
    return Pool(frame, lambda texts: vectors[[int(text) for text in texts]])


TARGETS = np.eye(6, dtype=np.float32)[:2]


@pytest.mark.parametrize("by", WAYS)
def test_every_way_chooses_as_many_different_rows_as_asked_and_the_same_again(by):
    asked = Asked(Budget(rows=40), by, like=TARGETS, plan=TARGETS)
    found, again = choose(pool(), asked), choose(pool(), asked)
    assert len(set(found.rows.tolist())) == len(found.reasons) == 40
    assert found.rows.tolist() == again.rows.tolist()


@pytest.mark.parametrize("by", WAYS)
def test_a_budget_of_tokens_is_used_and_not_passed(by):
    of = pool()
    tokens = of.array("tokens")[choose(of, Asked(Budget(tokens=900), by, like=TARGETS, plan=TARGETS)).rows]
    assert 800 < tokens.sum() <= 900


def test_of_a_cluster_the_best_row_alone_can_be_chosen():
    of = pool(cluster=[n // 3 for n in range(300)])
    rows = choose(of, Asked(Budget(rows=100))).rows
    assert sorted(row // 3 for row in rows) == list(range(100))
    assert all(of.array("quality")[row] == of.array("quality")[row // 3 * 3 :][:3].min() for row in rows)


def test_a_rare_behaviour_is_kept_whole_and_others_have_their_minimum_first():
    of = pool(1000, behaviour=["rare"] * 4 + ["often", "seldom", None, "often"] * 249)
    found = choose(of, Asked(Budget(rows=60), least=7))
    assert {0, 1, 2, 3} <= set(found.rows.tolist())
    named = of.rows["behaviour"].gather(found.rows)
    assert all((named == name).sum() >= 7 for name in ("often", "seldom"))
    with pytest.raises(UsageError, match="at least is"):
        choose(of, Asked(Budget(rows=10), least=7))


def test_quality_comes_first_and_then_distance():
    of = pool(40)
    of.vectors[of.array("quality") == 1] = of.vectors[of.array("quality") == 0]
    rows = choose(of, Asked(Budget(rows=10), "deita")).rows
    assert of.array("quality")[rows[0]] == 0
    assert 1 not in of.array("quality")[rows]


def test_k_center_leaves_no_row_farther_than_greedy_on_all_pairs_does():
    of = pool(60)
    rows = choose(of, Asked(Budget(rows=8), "center")).rows
    _, how = nearest(of, rows)
    _, before = nearest(of, rows[:7])
    assert before[rows[7]] == before.min() and how.min() >= before.min()


def test_nearness_to_targets_is_nearer_than_chance():
    of = pool()
    found = choose(of, Asked(Budget(rows=20), "like", like=TARGETS)).rows
    sets = by_chance(of, choose(of, Asked(Budget(rows=20))), Budget(rows=20))
    near = {name: (of.vectors[rows] @ TARGETS.T).max(axis=1).mean() for name, rows in sets.items()}
    assert (of.vectors[found] @ TARGETS.T).max(axis=1).mean() > max(near.values())


def test_beside_a_choice_stand_random_longest_and_length_matched_rows():
    of = pool()
    found = choose(of, Asked(Budget(rows=50)))
    sets = by_chance(of, found, Budget(rows=50))
    assert [name for name in sets if name.startswith("random_")].__len__() == 2 * SEEDS
    assert {len(sets[name]) for name in ("random_1", "longest", "length_matched")} == {50}
    lengths = of.array("length")
    assert lengths[sets["longest"]].min() >= np.sort(lengths)[-50]
    matched, chosen = np.sort(lengths[sets["length_matched"]]), np.sort(lengths[found.rows])
    assert np.abs(matched - chosen).max() <= 60
    assert abs(of.array("tokens")[sets["random_tokens_3"]].sum() - of.array("tokens")[found.rows].sum()) < 50


def test_overlap_is_counted_beside_chance():
    (row,) = overlaps({"a": np.arange(10), "b": np.arange(5, 25)}, 100).iter_rows()
    assert row == ("a", "b", 5, 2.0)


@pytest.mark.parametrize("said, tokens", [("500k", 500_000), ("2M", 2_000_000), ("1.5k", 1_500), ("70", 70)])
def test_tokens_are_said_as_people_say_them(said, tokens):
    assert budget(None, said).tokens == tokens


@pytest.mark.parametrize("rows, tokens", [(None, None), (5, "5k"), (None, "many"), (None, "0")])
def test_a_budget_is_one_number(rows, tokens):
    with pytest.raises(UsageError):
        budget(rows, tokens)
