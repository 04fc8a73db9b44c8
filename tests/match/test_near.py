"""Pairs are found, each is verified, and no input is a trap."""

import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.match import near
from finesift.match.near import near_pairs, similarities
from finesift.match.texts import Texts

from .reference import exact_join, jaccard, shingles, words

VOCABULARY = [f"{a}{b}{c}" for a in "bdfgklmnprstvz" for b in "aeiou" for c in "lmnrst"]


def texts_of(documents):
    return Texts.of(pl.Series(documents, dtype=pl.String))


def as_dict(pairs):
    return {
        (int(a), int(b)): float(s) for a, b, s in zip(pairs.left, pairs.right, pairs.similarity, strict=True)
    }


def edited(words_, share, draw):
    """The text with about so many of its words replaced."""
    return [draw.choice(VOCABULARY) if draw.random() < share else word for word in words_]


def corpus_with_copies(documents, seed=1, length=(10, 120)):
    """Random texts, of which a third are edited copies of others, 0 to 12 % of their words."""
    draw = random.Random(seed)
    texts = []
    for _ in range(documents):
        if texts and draw.random() < 0.35:
            texts.append(edited(draw.choice(texts), draw.choice([0, 0.01, 0.03, 0.06, 0.12]), draw))
        else:
            texts.append(draw.choices(VOCABULARY, k=draw.randint(*length)))
    return [" ".join(text) for text in texts]


def test_it_agrees_with_the_exact_join_pair_for_pair():
    documents = corpus_with_copies(3000)
    expected = exact_join([shingles(text) for text in documents], 0.7)
    assert len(expected) > 500
    found = as_dict(near_pairs(texts_of(documents), floor=0.7))
    assert set(found) <= set(expected), "nothing is claimed that is not so"
    assert len(found) >= 0.999 * len(expected)
    for pair, similarity in found.items():
        assert similarity == pytest.approx(expected[pair], abs=1e-6)


@pytest.mark.long
def test_it_agrees_with_brute_force_on_ten_thousand_rows():
    documents = corpus_with_copies(10_000, seed=2, length=(10, 30))
    sets = [shingles(text) for text in documents]
    # Every pair that shares anything at all.
    holders = {}
    for number, members in enumerate(sets):
        for member in members:
            holders.setdefault(member, []).append(number)
    together = {(i, j) for held in holders.values() for n, j in enumerate(held) for i in held[:n]}
    expected = {(i, j) for i, j in together if jaccard(sets[i], sets[j]) >= 0.7}
    found = set(as_dict(near_pairs(texts_of(documents), floor=0.7)))
    assert found <= expected
    assert len(found) >= 0.999 * len(expected)
    assert expected == set(exact_join(sets, 0.7))


@settings(max_examples=60)
@given(
    st.lists(st.text(st.sampled_from("ab é中\u0301 \n"), max_size=40), min_size=2, max_size=8),
    st.integers(1, 6),
)
def test_similarity_is_that_of_the_reference(documents, ngram):
    texts = texts_of(documents)
    left, right = np.triu_indices(len(documents), 1)
    found, _ = similarities(texts, left.astype(np.uint32), right.astype(np.uint32), ngram=ngram)
    normal = [bytes(texts.data[a:b]).decode() for a, b in zip(texts.starts, texts.ends, strict=True)]
    sets = [shingles(text, ngram) for text in normal]
    expected = [jaccard(sets[a], sets[b]) for a, b in zip(left, right, strict=True)]
    assert found.tolist() == pytest.approx(expected, abs=1e-6)


def test_order_changes_nothing():
    documents = corpus_with_copies(800)
    order = random.Random(3).sample(range(800), 800)
    plain = as_dict(near_pairs(texts_of(documents)))
    mixed = as_dict(near_pairs(texts_of([documents[i] for i in order])))
    assert {tuple(sorted((order[a], order[b]))): s for (a, b), s in mixed.items()} == plain


def test_short_texts_have_no_near_duplicates():
    assert not len(near_pairs(texts_of(["yes", "Yes!", "yes sir", "one two three four five six"] * 2)))


def test_nothing_is_near_nothing():
    for documents in ([], [""], ["", ""], [" ", "\n"], [None, None, "a"]):
        assert not len(near_pairs(texts_of(documents)))


def test_keys_on_disk_give_the_same_pairs():
    texts = texts_of(corpus_with_copies(2000))
    assert as_dict(near_pairs(texts, memory=0)) == as_dict(near_pairs(texts))


def test_verifying_in_portions_gives_the_same_pairs(monkeypatch):
    texts = texts_of(corpus_with_copies(800))
    whole = as_dict(near_pairs(texts))
    monkeypatch.setattr(near, "VERIFY", 3000)
    assert as_dict(near_pairs(texts)) == whole


def test_many_copies_of_one_text_are_each_linked_to_the_same_few():
    text = " ".join(VOCABULARY[:40])
    documents = [text.replace(" ", ", " if n % 2 else "; ") for n in range(20_000)]
    pairs = near_pairs(texts_of(documents), budget=100_000)
    assert pairs.capped == 20_000 - near.HUBS
    assert len(pairs) < 20_000 * near.HUBS
    linked = set(pairs.left.tolist()) | set(pairs.right.tolist())
    assert len(linked) == 20_000
    assert (pairs.similarity == 1).all()


def test_one_template_filled_many_times_stays_within_the_budget():
    draw = random.Random(4)
    frame = " ".join(VOCABULARY[:60])
    documents = [f"{frame} {' '.join(draw.choices(VOCABULARY, k=5))}." for _ in range(20_000)]
    pairs = near_pairs(texts_of(documents), budget=1_000_000)
    assert pairs.capped > 10_000
    assert pairs.candidates < 3_000_000
    assert (pairs.similarity >= 0.5).all()


# By the words of the texts, so that a person can see whether they are nearly the same.
SCRIPTS = {
    "Han": (
        "今天下午我们一起去公园散步，然后在湖边的小店喝了一杯热茶。",
        "今天下午我们一起去公园散步，然后在湖边的小店喝了一杯热咖啡。",
    ),
    "Kana": (
        "きのうのよるはとてもさむかったので、はやくふとんにはいりました。",
        "きのうのよるはとてもさむかったので、はやくおふとんにはいりました。",
    ),
    "Thai": ("เมื่อวานนี้ฝนตกหนักมากจนรถติดไปทั้งเมืองและเรากลับบ้านดึก", "เมื่อวานนี้ฝนตกหนักมากจนรถติดไปทั้งเมืองและเรากลับบ้านสาย"),
    "Arabic": (
        "ذهبت مع أخي إلى السوق في الصباح واشترينا الخبز والزيتون والجبن ثم عدنا إلى البيت قبل الظهر وشربنا الشاي",
        "ذهبت مع أخي إلى السوق في الصباح واشترينا الخبز والزيتون والجبن ثم عدنا إلى البيت قبل الظهر وشربنا القهوة",
    ),
    "Cyrillic": (
        "Вчера вечером мы долго гуляли по набережной, а потом зашли в маленькое кафе и пили горячий чай с лимоном",
        "Вчера вечером мы долго гуляли по набережной, а потом зашли в маленькое кафе и пили горячий чай с мёдом",
    ),
    "combining accents": (
        "Le café près de la gare a été fermé après l'été, et le gérant a déménagé à Orléans où il a ouvert un hôtel",
        "Le café près de la gare a été fermé après l'été, et le gérant a déménagé à Orléans où il a ouvert un bar",
    ),
    "emoji": (
        "We had pizza 🍕 and then ice cream 🍦 at the beach 🏖 until the sun went down and the birds 🐦 were quiet",
        "We had pizza 🍕 and then ice cream 🍦 at the beach 🏖 until the sun went down and the birds 🐦 were asleep",
    ),
    "curly quotes": (
        "“Don’t wait for me,” she wrote – “I’ll take the late train” – and left the letter on the table at noon",
        '"Don\'t wait for me," she wrote - "I\'ll take the late train" - and left the letter on the table',
    ),
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_near_texts_are_near_in_every_script(script):
    one, other = SCRIPTS[script]
    far = " ".join(words(one)[::-1])
    texts = texts_of([one, other, far])
    assert set(as_dict(near_pairs(texts, floor=0.6))) == {(0, 1)}


def test_another_emoji_is_another_word():
    one, other = "I had 🍕 for lunch today", "I had 🍔 for lunch today"
    assert similarities(texts_of([one, other]), *np.array([[0], [1]], np.uint32), ngram=1)[0][0] < 1
