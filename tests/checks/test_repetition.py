"""Loops and texts that say the same again are found; refrains, tables, lists and plans pass."""

import pytest

from .table import score


@pytest.mark.parametrize(
    "answer",
    [
        "Grind finer" + ", grind finer" * 20,
        "ha " * 40,
        "The end. " * 12,
        "I know that. And then " * 10,
        "和平" * 40,
        "We met. " + "He said no and went away. " * 15,
        "The bridge is long.\n" * 30,
        "It is forty metres long, and wide. It is forty metres long, and wide, " * 8,
        "1. Wash it.\n2. Dry it.\n" + "3. Wash it and dry it again.\n" * 12,
        "Der Weg ist das Ziel. " * 20,
        "谢谢您的提问。" * 15,
        "Yes, " * 60 + "yes.",
        "First, boil water. " + "no no no no " * 30,
        " ".join(f"The {w} is very important because the {w} is what makes it work and it is very important." for w in ("bolt", "nut", "rope", "deck", "tower", "cable", "pier", "rail")),
    ],
)  # fmt: skip
def test_a_text_that_repeats_itself_is_found(answer):
    assert score("repetition", "How long is it?", answer) >= 0.5


DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
PLAN = "\n\n".join(
    f"{day}:\n- Warm up: five minutes of light cardio and stretching\n- Main set: {main}\n- Cool down: ten minutes of slow walking and stretching"
    for day, main in zip(
        DAYS,
        (
            "squats with a bar, four rounds of eight",
            "bench press and push-ups until you tire",
            "rows on the machine, then pull-ups",
            "a run through the park at an even pace",
            "deadlifts, light, with attention to the back",
            "swimming, any style, for half an hour",
        ),
        strict=True,
    )
)
MENU = "\n".join(
    f"{day}\nBreakfast: {a}\nLunch: {b}\nDinner: {c}"
    for day, a, b, c in zip(
        DAYS,
        ("oats with milk", "two eggs", "toast and jam", "yoghurt", "porridge", "fruit salad"),
        ("lentil soup", "rice and beans", "a cheese sandwich", "tomato salad", "noodles", "baked potato"),
        ("grilled fish", "roast chicken", "vegetable stew", "pasta", "mushroom risotto", "curry"),
        strict=True,
    )
)
SONG = "\n".join(
    ["Down by the river the willows bend", "Row, row, row to the end"] * 2
    + ["Morning comes in a silver boat", "Row, row, row and float"] * 2
)


@pytest.mark.parametrize(
    "answer",
    [
        "Grind finer.", "No, no, no!", "ha ha ha", "A rose is a rose is a rose.", "0 " * 60, "-" * 200, "=" * 80 + "\nTitle", "| - | - |\n" * 20, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14",
        "```\n" + "x = 1\n" * 30 + "```", "Yes. " * 3, "." * 300, "\n" * 100 + "a", "Bye bye", "to be or not to be", "aaaaaaaaah", "na na na na Batman", "1010" * 30,
        # Plans, menus, tables and lists that restate their terms.
        PLAN, MENU, "\n".join(f"| {n} | {n * n} | {n**3} |" for n in range(1, 40)), "\n".join(f"Chapter {n}: page {7 * n}" for n in range(1, 25)), "\n".join(f"{n} x 7 = {7 * n}" for n in range(1, 21)), "\n".join(f"{day}: closed" for day in DAYS), "\n".join(f"- {day}: 9:00 to 17:00" for day in DAYS),
        "\n".join(f"Q{n}: Yes" for n in range(1, 12)), "red, red, blue, red, blue, blue, red", "A, B, A, C, A, D, A, E",
        # Verse and speech.
        SONG, "Knock, knock. Who's there? Boo. Boo who? Don't cry, it's only a joke.", "If you can keep your head, if you can wait, if you can dream, if you can lose and start again.", "We shall fight on land. We shall fight at sea. We shall fight in the hills. We shall never rest.", "ho ho ho, said the old man, ho ho ho", "Left, right, left, right, left, right, halt!", "tick tock tick tock tick tock",
        "Buffalo buffalo Buffalo buffalo buffalo buffalo Buffalo buffalo", "Très, très, très bon !", "哈哈哈哈哈", "人人为我，我为人人。", "は、は、は、と笑った。",
        # Sums, sequences, code and marks.
        "ACGTTGCAACGATTACGACGGTTACA", "f(f(f(f(x))))", "SELECT a, a.b, a.c, a.d FROM a JOIN b ON a.id = b.id JOIN c ON a.id = c.id", "\n".join(f"    self.{w} = {w};" for w in ("width", "height", "depth", "colour", "name")), "*" * 40 + "\n" + "*" * 40, "___ ___ ___ ___ ___ ___ ___ ___ ___ ___ ___ ___ ___ ___ ___ ___", "<li>a</li>" * 3, "10 20 30 " * 20, "…" * 50, "The law of identity: A is A, B is B, C is C.",
    ],
)  # fmt: skip
def test_what_only_returns_to_its_words_passes(answer):
    assert score("repetition", "How long is it?", answer) < 0.5


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("Say ha 40 times.", "ha " * 40),
        ("Write the chorus of a song.", "Oh my love, come back to me\n" * 8),
        ("Repeat 'I will not talk in class'.", "I will not talk in class.\n" * 20),
        ("Print hello in each row.", "hello\n" * 20),
        ("把“你好”重复二十遍。", "你好，" * 20),
        ("Give me a mantra.", "Breathe in, breathe out. " * 10),
    ],
)
def test_who_asks_for_it_gets_it(asked, answer):
    assert score("repetition", asked, answer) < 0.5


@pytest.mark.parametrize("answer", ["0" * 3000, "0" * 10_000, "ha" * 3000, "ab1 " * 2000, "=-" * 4000])
def test_a_text_that_is_nothing_but_a_loop_is_set_aside(answer):
    assert score("repetition", "Why is it so?", answer) >= 0.9


@pytest.mark.parametrize("answer", ["Sum:\n" + "-" * 200 + "\nTotal 9", "0" * 60, "1 | 2\n" + "=" * 90])
def test_a_rule_or_a_row_of_zeros_is_none(answer):
    assert score("repetition", "Why is it so?", answer) < 0.5
