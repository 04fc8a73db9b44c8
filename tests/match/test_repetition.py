"""The kernel that says which texts may repeat themselves must not pass over one that the check would report."""

import random

import numpy as np
import polars as pl
import pytest

from finesift.checks.repetition import look
from finesift.match.grams import may_repeat
from finesift.match.kernels import Kernels
from finesift.match.texts import Texts

WORDS = [
    *["the", "grinder", "is", "sour", "Café", "½", "naïve", "—", "42", "x_1", "Über"],
    *["…", "and_so", "÷", "a", "“quote”", "it's", "İstanbul", "не", "咖啡", "👍"],
]


def a_text(rng: random.Random) -> str:
    """Words in an order that repeats itself more or less, lines that recur, code, a loop at the end."""
    few = rng.sample(WORDS, rng.randint(2, len(WORDS)))
    parts = [" ".join(rng.choices(few, k=rng.randint(1, 12))) for _ in range(rng.randint(1, 40))]
    lines = [rng.choice(parts) for _ in range(rng.randint(1, 30))]
    text = rng.choice([" ", "\n", ". ", "\n\n"]).join(lines)
    if rng.random() < 0.3:
        text += "\n```\n" + rng.choice(parts) * rng.randint(1, 30) + rng.choice(["\n```\n", ""])
    if rng.random() < 0.3:
        text += rng.choice(parts)[: rng.randint(1, 40)] * rng.randint(2, 60)
    return text + rng.choice(["", "  \n", "\u00a0", "\u3000\x1f"])


@pytest.mark.parametrize("seed", range(20))
def test_what_the_check_reports_is_never_passed_over(seed: int) -> None:
    rng = random.Random(seed)
    texts = [a_text(rng) for _ in range(150)]
    may = may_repeat(Texts.as_it_lies(pl.Series(texts)))
    gated = _gate(pl.Series("content", texts))
    missed = [
        text
        for text, looked_at, named in zip(texts, gated, may, strict=True)
        if looked_at and not named and any(look("", text))
    ]
    assert not missed, missed[0]


def test_few_of_ordinary_texts_are_named() -> None:
    rng = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgk"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(4_000)]
    texts = [" ".join(rng.choices(words, k=rng.randint(20, 400))) for _ in range(500)]
    assert not may_repeat(Texts.as_it_lies(pl.Series(texts))).any()


@pytest.mark.parametrize("isa", ["base", "avx2", "avx512"])
def test_all_instruction_sets_say_the_same(isa: str) -> None:
    best = Kernels.best().isa
    order = ["base", "avx2", "avx512"]
    if order.index(isa) > order.index(best):
        pytest.skip(f"this processor has no {isa}")
    rng = random.Random(3)
    texts = Texts.as_it_lies(pl.Series([a_text(rng) for _ in range(200)]))
    out = np.zeros(len(texts), np.uint8)
    Kernels(isa)("may_repeat", texts.data, len(texts.data), texts.starts, texts.ends, 0, len(texts), out)
    assert (out.view(bool) == may_repeat(texts)).all()


def _gate(content: pl.Series) -> list[bool]:
    """The cheap sign that the check itself asks for before it looks."""
    body = content.str.strip_chars_end()
    frame = pl.DataFrame({"content": content, "body": body, "ending": body.str.slice(-9)})
    large = pl.col("content").str.len_bytes()
    words = pl.col("content").str.split(" ")
    short = pl.when(large.is_between(60, 599)).then(pl.col("content"))
    middle = short.str.slice(short.str.len_chars() // 3, 9)
    loops = (large >= 60) & (pl.col("body").str.count_matches(pl.col("ending"), literal=True) >= 3)
    loops |= (short.str.count_matches(middle, literal=True) >= 6).fill_null(False)
    poor = (large >= 600) & (words.list.n_unique() / words.list.len() < 0.45)
    return frame.select(loops | poor).to_series().to_list()
