"""The kernels see the words that the reference sees, on every instruction set that this machine has."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.match import grams as g
from finesift.match import kernels as k
from finesift.match.texts import Texts

from .reference import words

AVAILABLE = k.ISAS[: k.ISAS.index(k.kernels().isa) + 1]
# Beside anything: what decides where words end, where blocks of 64 bytes do, and characters of each kind.
MARKS = st.sampled_from(
    ["word", "Word", "_", "9", " ", "\n", ".", "'", "—", "“", "é", "É", "Σ", "ς", "中", "文", "か", "ไทย", "한국어",
     "ا", "ل", "😀", "🇧🇪", "👍🏽", "\u200d", "\u200b", "\ufe0f", "\u0301", "\U00020000", "a" * 63, "b" * 64, "c" * 65]
)  # fmt: skip
TEXT = st.lists(MARKS | st.text(max_size=9), max_size=40).map("".join)


def hashed(text: str, isa: str = "base") -> list[int]:
    texts = Texts.from_arrow(pl.Series([text]).to_arrow(compat_level=pl.CompatLevel.oldest()))
    out, ends = np.empty(len(texts.data) // 2 + 2, np.uint64), np.empty(len(texts.data) // 2 + 2, np.int64)
    count = k.Kernels(isa)("words", texts.data, len(texts.data), 0, len(texts.data), out, ends)
    assert (np.diff(ends[:count], prepend=0) > 0).all() and (ends[:count] <= len(texts.data)).all()
    return out[:count].tolist()


@pytest.mark.parametrize(
    "text, count",
    [
        ("", 0), ("one", 1), ("naïve café", 2), ("don't", 2), ("x_1 x-1", 3), ("  \n\t ", 0), ("a" * 500, 1),
        ("“Yes” — he said…", 3), ("你好，世界。", 4), ("こんにちは", 5), ("カタカナ", 4), ("soft\u00adly", 1),
        ("สวัสดี", 6), ("한국어 문장", 2), ("5×3", 2), ("اللغة العربية", 2), ("Привет, мир!", 2),
        ("I 💛 you", 3), ("🍕🍔", 2), ("👍👍🏽", 2),
    ],
)  # fmt: skip
def test_a_sentence_has_so_many_words(text, count):
    assert len(words(text)) == count
    assert len(hashed(text)) == count


@pytest.mark.parametrize(
    "one, other",
    [
        ("Hello", "hELLO"), ("ÉTÉ", "été"), ("ΟΔΟΣ", "οδος"), ("“quoted”", '"quoted"'), ("re-wrapped", "re‐wrapped"),
        ("a\nb", "a b"), ("co\u200bop", "coop"), ("👍🏽", "👍"), ("Ünïcödé—dash", "ünïcödé dash"), ("МОСКВА", "москва"),
    ],
)  # fmt: skip
def test_what_a_reader_does_not_hear_makes_no_other_word(one, other):
    assert hashed(one) == hashed(other)


@pytest.mark.parametrize(
    "one, other", [("cafe\u0301", "café"), ("ﬁne", "fine"), ("１２", "12"), ("ﾊﾟ", "パ"), ("İ", "i̇")]
)
def test_other_code_points_for_the_same_text_are_the_same_words_once_normalised(one, other):
    texts = Texts.of(pl.Series([one, other]))
    assert g.words(texts, 0)[0].tolist() == g.words(texts, 1)[0].tolist()


@settings(max_examples=150)
@given(TEXT)
@pytest.mark.parametrize("isa", AVAILABLE)
def test_the_kernels_see_the_words_of_the_reference(isa, text):
    expected, seen = words(text), hashed(text, isa)
    assert len(seen) == len(expected)
    # Equal words have equal hashes, and others have others.
    assert len(set(zip(expected, seen, strict=True))) == len(set(expected)) == len(set(seen))


@settings(max_examples=80)
@given(TEXT, st.integers(0, 70), st.integers(0, 70))
@pytest.mark.parametrize("isa", AVAILABLE)
def test_what_stands_around_a_document_does_not_matter(isa, text, before, after):
    data = np.frombuffer(b"x" * before + text.encode() + b"y" * after, np.uint8)
    out, ends = np.empty(len(data) + 2, np.uint64), np.empty(len(data) + 2, np.int64)
    end = before + len(text.encode())
    count = k.Kernels(isa)("words", data, len(data), before, end, out, ends)
    assert out[:count].tolist() == hashed(text)


def test_it_is_known_where_a_word_ends():
    texts = Texts.of(pl.Series(["One, two—three 中文."]))
    _, ends = g.words(texts, 0)
    data = bytes(texts.data)
    assert [data[:end].decode()[-1] for end in ends] == ["e", "o", "e", "中", "文"]
