"""Embeddings are kept between runs, and what goes wrong with that costs time only."""

import sqlite3

import numpy as np
import pytest

from finesift.embed import cache
from finesift.embed.cache import Kept


class Counting:
    name = "counting"

    def __init__(self):
        self.asked = []

    def encode(self, texts):
        self.asked += texts
        return np.array([[len(text), 1.0] for text in texts], np.float32)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("FINESIFT_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept/vectors.sqlite"


def test_a_text_is_embedded_once(place):
    first, second = Counting(), Counting()
    Kept(first, "m").encode(["a", "bb", "a"])
    again = Kept(second, "m").encode(["bb", "ccc", "a"])
    assert second.asked == ["ccc"]
    assert again.tolist() == [[2, 1], [3, 1], [1, 1]]
    assert place.stat().st_mode & 0o777 == 0o600
    assert b"ccc" not in place.read_bytes()


def test_another_model_has_its_own(place):
    other = Counting()
    Kept(Counting(), "m").encode(["a"])
    Kept(other, "n").encode(["a"])
    assert other.asked == ["a"]


def test_the_oldest_go_first(place, monkeypatch):
    monkeypatch.setattr(cache, "MOST", 3)
    again = Counting()
    for text in "abcde":
        Kept(Counting(), "m").encode([text])
    Kept(again, "m").encode(list("abcde"))
    assert again.asked == ["a", "b"]


@pytest.mark.parametrize("broken", ["no folder", "no database", "switched off"])
def test_without_a_place_everything_is_embedded(place, monkeypatch, broken):
    if broken == "no folder":
        place.parent.write_text("a file is in the way")
    elif broken == "no database":
        place.parent.mkdir()
        place.write_text("something else")
    else:
        monkeypatch.setenv("FINESIFT_CACHE", "")
    one = Counting()
    assert Kept(one, "m").encode(["a", "bb"]).tolist() == [[1, 1], [2, 1]]
    assert Kept(one, "m").encode([]).shape == (0, 0)
    assert one.asked == ["a", "bb"]
    assert place.is_file() == (broken == "no database")


def test_a_table_of_another_shape_is_left_alone(place):
    place.parent.mkdir()
    with sqlite3.connect(place) as file:
        file.execute("create table vectors (other integer)")
    assert Kept(Counting(), "m").encode(["a"]).tolist() == [[1, 1]]
