"""Blind spots: what differs between generated and natural rows is found, and where nothing does, nothing is."""

import numpy as np
import pytest

from finesift.corpus import Corpus, chat
from finesift.generate.blind import LEAST, blind_spots
from finesift.generate.entities import KINDS

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


def test_a_part_of_the_map_that_no_generated_row_reaches_is_named():
    def at(texts):
        made = np.array([[1.0, 0.1] if "tree" in text else [0.1, 1.0] for text in texts], np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    narrow = Corpus.of([chat(f"Which tree grows {n} feet high?", "An oak does.") for n in range(40)])
    wide = Corpus.of(
        [chat(f"Which {('tree', 'bird')[n % 2]} is {n} years old?", "One of many.") for n in range(40)]
    )
    found = blind_spots(narrow, wide, at)
    (name, typical), *_ = found.map.lacking
    assert (
        "bird" in name
        and "bird" in typical
        and found.map.reached[0] < found.map.reached[1] == found.map.groups
    )
    assert found.map.even[0] < found.map.even[1]
    assert not blind_spots(wide, wide, at).map.lacking


def test_what_rows_name_is_counted_and_the_same_name_over_and_over_is_seen():
    same = Corpus.of(
        [chat(f"Is order {n} of Sarah Chen there?", "It came to Sarah Chen on Monday.") for n in range(20)]
    )
    other = Corpus.of([chat(f"Does {a} like water?", "Not all year round.") for a in NOUNS])
    found = blind_spots(same, other, embed)
    assert found.generated.names == (1, "Sarah Chen", 1.0) and found.natural.names == (0, "", 0.0)
    assert found.generated.entities["day or time"] == found.generated.entities["number"] == 1
    assert found.natural.entities["number"] == found.natural.entities["money"] == 0


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("It cost 12 euros at 9:30 on 2026-03-01.", {"number", "money", "day or time"}),
        ("Write to ada@tarnmail.net about RX-2041, please.", {"number", "link or mail", "code"}),
        ("Yes. The lid of the kettle is gone. I may come.", set()),
        ("We met Ada Berg in the shop.", {"name"}),
        ("", set()),
    ],
)
def test_what_a_text_names_is_told_by_its_form(text, kinds):
    assert {kind for kind, pattern in KINDS.items() if pattern.search(text)} == kinds
