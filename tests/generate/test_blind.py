"""Blind spots: what differs between generated and natural rows is found, and where nothing does, nothing is."""

import numpy as np

from finesift.corpus import Corpus, chat
from finesift.generate.blind import LEAST, blind_spots

NOUNS = [
    "oak",
    "elm",
    "ash",
    "yew",
    "fir",
    "lime",
    "pear",
    "plum",
    "alder",
    "birch",
    "cedar",
    "maple",
    "rowan",
    "hazel",
    "thorn",
    "willow",
    "poplar",
    "walnut",
]


def embed(texts):
    made = np.array(
        [[len(text) % 7 + 1, text.count("e") + 1, sum(map(ord, text)) % 13] for text in texts], np.float32
    )
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def natural(n, shift=0):
    a, b = NOUNS[n % 18], NOUNS[(n * 5 + shift) % 18]
    return chat(
        f"does {a} grow near {b} {'?' * (n % 3)}", f"{b} and {a} both like it wet, {NOUNS[(n * 7) % 18]} less"
    )


def generated(n):
    a = NOUNS[n % 18]
    return chat(
        f"Could you please tell me about the {a}?",
        f"Certainly! It is important to water the {a}. Feel free to ask.",
    )


def test_what_gives_generated_rows_away_is_named():
    found = blind_spots(
        Corpus.of([generated(n) for n in range(40)]), Corpus.of([natural(n) for n in range(60)]), embed
    )
    assert found.told_apart == 1 and {"certainly", "please"} & set(found.generated_words)
    assert found.generated.hedges == 1 and found.natural.hedges == 0
    assert found.generated.opening == ("certainly it is", 1.0) and found.natural.opening[1] < 0.2
    assert found.generated.distinct[1] < found.natural.distinct[1]
    assert "tone: plain" in found.missing and found.generated.rows == found.natural.rows == 40


def test_rows_of_one_kind_are_not_told_apart():
    rows = [natural(n, n // 18) for n in range(160)]
    found = blind_spots(Corpus.of(rows[:80]), Corpus.of(rows[80:]), embed)
    assert found.told_apart < 0.65 and not found.missing


def test_few_rows_say_nothing():
    assert (
        blind_spots(Corpus.of([generated(n) for n in range(LEAST - 1)]), Corpus.of([natural(0)] * 50), embed)
        is None
    )
