"""What the split proves about itself."""

import polars as pl
import pytest

from finesift.recipe import Split
from finesift.split.proof import Proof, prove
from finesift.tables import NEAR

IDS = [f"{n:016x}" for n in range(6)]
FATES = ["train", "train", "validation", "test", "set_aside", "train"]


def proof(near=(), *, ids=IDS, fates=FATES, languages=None, **settings) -> Proof:
    examples = pl.DataFrame({"example": range(len(ids)), "id": ids}, schema_overrides={"example": pl.UInt32})
    splits = examples.select(
        "example",
        group="id",
        split=pl.Series([fate if fate != "set_aside" else "train" for fate in fates]),
        fate=pl.Series(fates),
        synthetic=pl.lit(False),
        existing=pl.lit(None, pl.String),
    )
    mixed = examples.select(
        "example",
        characters=pl.Series(range(len(ids)), dtype=pl.UInt32),
        language=pl.Series(languages or ["en"] * len(ids)),
    )
    return prove(examples, pl.DataFrame(list(near), schema=NEAR), splits, mixed, Split(**settings))


def alike(one, other, whole=0.0, prompt=0.0, answer=0.0):
    return {"example": one, "other": other, "whole": whole, "prompt": prompt, "answer": answer}


def test_only_pairs_of_a_training_row_and_one_held_back_count():
    told = proof(
        [
            alike(0, 1, 0.9),
            alike(2, 3, 0.8),
            alike(0, 4, 0.7),
            alike(0, 2, 0.25, 0.5),
            alike(3, 5, 0.125, 0, 1),
        ]
    )
    assert told.largest == {
        "validation": {"whole": None, "prompt": 0.5, "answer": None},
        "test": {"whole": None, "prompt": None, "answer": 1.0},
    }
    assert [(p.train, p.other, p.split) for p in told.closest] == [
        (IDS[0], IDS[2], "validation"),
        (IDS[5], IDS[3], "test"),
    ]


def test_what_was_measured_of_a_copy_holds_for_the_one_that_is_kept():
    told = proof(
        [alike(0, 2, 0.6)], ids=["a" * 16, "a" * 16 + "-2", "b" * 16], fates=["set_aside", "train", "test"]
    )
    assert told.closest[0].train == "a" * 16 + "-2"


@pytest.mark.parametrize(
    "languages, distance",
    [(["en"] * 6, 0.0), (["en", "en", "de", "en", "en", "en"], 1.0), (["en", "de"] * 3, 2 / 3)],
)
def test_the_distance_of_a_mix_is_total_variation(languages, distance):
    (mix, _) = proof(languages=languages).mix
    assert mix.distances["validation"] == pytest.approx(distance, abs=1e-4)


def test_a_value_that_only_sealed_rows_have_is_not_told():
    (mix, _) = proof(languages=["en", "en", "en", "secret", "en", "en"]).mix
    assert list(mix.rows) == ["en"]
    assert mix.distances["test"] == 1.0


def test_sets_that_are_too_small_are_told():
    assert len(proof().small) == 2
    assert proof(minimum=1).small == []


def test_a_proof_is_read_back_as_it_was():
    from dataclasses import asdict

    told = proof([alike(0, 2, 0.6)])
    assert Proof.from_dict(asdict(told)) == told
