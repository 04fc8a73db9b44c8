"""Signs say which texts a check may have something to say of; never one too few."""

import random
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.checks import (
    encoding_damage,
    leftover_markup,
    merged_rows,
    needs_unseen_input,
    placeholder_answer,
    refusal,
    rendered_prompt,
    self_identity,
    truncation,
    unread_media,
)
from finesift.match import signs
from finesift.match.kernels import Kernels
from finesift.match.signs import automaton, held, sign, signed
from finesift.match.texts import Texts

WORDS = ["nicht", "can't", "can’t", "```", "<img", "não", "无法", "abcd", "bcd", "cd", "c", " e "]


def holding(texts, expression):
    frame = signed(pl.LazyFrame({"content": texts}, schema={"content": pl.String}))
    return frame.select(found=expression).collect()["found"].to_list()


@given(
    st.lists(
        st.lists(st.sampled_from([*WORDS, "N", "a", "b", "C", "<", "’", "é", "\0"]), max_size=12), max_size=9
    )
)
def test_a_sign_is_seen_where_one_of_its_words_stands_whatever_its_case(pieces):
    texts = ["".join(said) for said in pieces]
    for words in (WORDS[:3], WORDS[3:6], ["无法"], ["abcd"], ["bcd", "cd"], ["c"], [" e "]):
        plain = pl.Series(texts, dtype=pl.String).str.contains_any(words, ascii_case_insensitive=True)
        assert holding(texts, sign(*words)) == plain.to_list()


def test_no_text_and_no_word_is_nothing():
    assert holding([None, "", "x"], sign("y")) == [False] * 3


def test_a_sign_that_is_declared_later_is_taken_to_be_there():
    frame = signed(pl.LazyFrame({"content": ["x"]})).collect().lazy()
    assert frame.select(sign("a word that no check has yet")).collect().item()


def test_there_is_room_for_signs_of_checks_to_come():
    assert len(signs._signs) < 48


@pytest.mark.parametrize("isa", ["base", "avx2", "avx512"])
def test_every_instruction_set_sees_the_same(isa):
    best = Kernels.best().isa
    if ["base", "avx2", "avx512"].index(isa) > ["base", "avx2", "avx512"].index(best):
        pytest.skip(f"this processor has no {isa}")
    draw = random.Random(1)
    texts = Texts.as_it_lies(pl.Series(["".join(draw.choices("abcdN’é <img", k=40)) for _ in range(500)]))
    known = automaton(tuple(signs._signs))
    out = np.zeros(len(texts), np.uint64)
    Kernels(isa)(
        "signs", texts.data, len(texts.data), texts.starts, texts.ends, 0, len(texts), known.classes, known.following,
        known.following.shape[1], known.telling, known.found, out,
    )  # fmt: skip
    assert (out == held(texts) & np.uint64((1 << len(signs._signs)) - 1)).all()


# The exact pattern, and the sign that is asked before it.
ASKED_BEFORE = {
    "who speaks": (self_identity._SELF, self_identity._SPEAKS),
    "a machine": (self_identity._KIND, self_identity._MACHINE_LIKE),
    "mojibake": (encoding_damage._MOJIBAKE, encoding_damage._BEGINS),
    "control characters": (encoding_damage._CONTROL, encoding_damage._BEGINS),
    "signs of escapes": (encoding_damage._SIGNS.replace("|&amp;", "|&amp;(?:amp|lt);"), encoding_damage._BEGINS),
    "markup": (leftover_markup._MARK, leftover_markup._LIKE_MARKUP),
    "nothing": (leftover_markup._NOTHING, leftover_markup._EMPTY),
    "a speaker": ("(?m)" + leftover_markup._SPEAKER, leftover_markup._LIKE_MARKUP),
    "a blank": (placeholder_answer._BEGINS, placeholder_answer._MAY_BEGIN),
    "media": (unread_media._ANY, unread_media._MAY_BE),
    "a link": (needs_unseen_input._LINK, needs_unseen_input._LINKED),
    "merged rows": (merged_rows._NEXT, merged_rows._NAMED),
    "a rendered prompt": (rendered_prompt._HEADER, rendered_prompt._MAY_BE),
    "a tag": (truncation._DOUBT[3], truncation._TAGGED),
    "a fence": ("```|~~~", truncation._FENCED),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED_BEFORE)
@given(data=st.data())
def test_what_fits_a_pattern_has_its_sign(name, data):
    pattern, before = ASKED_BEFORE[name]
    fitting = data.draw(st.lists(st.from_regex(re.compile(pattern), fullmatch=True), min_size=1, max_size=5))
    # Only Python's expressions take a dotless i for an i.
    texts = [text for text in fitting if not set("ıİ") & set(text)]
    assert all(holding(texts, before)), texts


def test_every_word_of_a_refusal_is_a_sign_of_one():
    assert all(
        holding([word.upper() if word.isascii() else word for word in refusal._WORDS], refusal._WORDED)
    )
