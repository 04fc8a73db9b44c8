"""What counts as a held-out item in training data, and what does not."""

import textwrap

import polars as pl
import pytest

from finesift.corpus import Corpus, chat
from finesift.match.contain import contained
from finesift.recipe import LIMITS
from finesift.tables import HELD_OUT

QUESTION = (
    "A baker fills nine trays with dough every morning and six more at noon. Each tray holds fourteen rolls, of which "
    "three are given to the school next door. How many rolls are left to sell on a working day?"
)
OPTIONS = (
    "one hundred and sixty-five\ntwo hundred and ten\nforty-five of each kind\nnone before the afternoon"
)
ANSWER = (
    "Fifteen trays of fourteen make two hundred and ten rolls, the school takes three from each tray, which is "
    "forty-five, and so the baker has one hundred and sixty-five rolls left that can be sold."
)
LIMIT = LIMITS["contamination"][0]


def found(messages, *items):
    """The outcome at the default limits of each row that is one user message, and the level that decided."""
    held = pl.DataFrame(
        [
            {"set": "exam", "item": n, "question": "", "options": None, "answer": None, **i}
            for n, i in enumerate(items, 1)
        ],
        schema=HELD_OUT,
    )
    rows = contained(Corpus.of(chat(message, "I see.") for message in messages).turns, held)
    best = {example: (score, level) for example, score, level in
            rows.sort("score").select("example", "score", "level").iter_rows()}  # fmt: skip
    outcome = []
    for number in range(len(messages)):
        score, _ = best.get(number, (0, ""))
        outcome.append(
            "set aside" if score >= LIMIT.set_aside else "review" if score >= LIMIT.review else "keep"
        )
    return outcome


ITEM = {"question": QUESTION}
WORDS = QUESTION.split()


@pytest.mark.parametrize(
    "message, outcome",
    [
        (QUESTION, "set aside"),
        (QUESTION.upper(), "set aside"),
        (QUESTION.replace(" ", "\n"), "set aside"),
        (QUESTION.replace("fourteen", "fifteen"), "set aside"),
        (f"My teacher asks this, and I cannot do it. {QUESTION} Please show every step.", "set aside"),
        (" ".join(WORDS[4:]), "set aside"),
        (" ".join(WORDS[: len(WORDS) // 2]), "review"),
        ("How many rolls are left to sell?", "keep"),
        ("A baker fills nine trays with dough every morning. What should the shop be called?", "keep"),
        ("Tell me about bread.", "keep"),
    ],
)
def test_how_much_of_an_item_must_be_there(message, outcome):
    assert found([message], ITEM) == [outcome]


def test_question_options_and_answer_are_looked_for_apart():
    item = ITEM | {"options": OPTIONS, "answer": ANSWER}
    assert found([QUESTION, f"{QUESTION}\n{OPTIONS}", ANSWER, OPTIONS], item) == ["set aside"] * 3 + ["keep"]


@pytest.mark.parametrize("question", ["", " ", "?", "yes", "Why?", "Go on", "a b c d"])
def test_empty_tiny_and_one_word_items_do_not_match_everything(question):
    messages = ["Yes, why not? Go on: a b c d e f.", "yes sir", QUESTION]
    assert found(messages, {"question": question, "answer": "yes"}) == ["keep"] * 3


def test_a_short_item_alone_in_a_message_is_for_a_person():
    assert found(
        ["Who are you?", "So who are you? I am a baker, and you?"], {"question": "Who are you?"}
    ) == ["review", "keep"]


def test_a_short_answer_proves_nothing():
    assert found(["165", "It is 165."], ITEM | {"answer": "165"}) == ["keep", "keep"]


def test_a_question_that_any_exam_asks_says_nothing_without_its_options():
    item = {
        "question": "Which of these statements is true?",
        "options": "Bread floats.\nStones float.\nBoth do.",
    }
    assert "set aside" not in found(
        ["Which of these statements is true?", "Which of these statements is true about rye?"], item
    )


def test_a_piece_of_a_long_item_is_for_a_person():
    story = " ".join(
        f"On day {n} the baker sold {n * 7} loaves to the {n}th house in the street." for n in range(1, 40)
    )
    piece = " ".join(story.split()[100:140])
    assert found([piece], {"question": story}) == ["review"]


def test_case_13_text_wrapped_elsewhere_is_found():
    """Re-wrapped to eight words a line, the overlap fell from 0.87 to 0 (marin #6852)."""
    assert found([textwrap.fill(QUESTION, 40)], ITEM) == ["set aside"]


def test_case_14_shared_quotations_templates_and_formulas_are_not_found():
    """Of 40 rows flagged, 40 shared a quotation, a template or a formula with the item (marin #7126)."""
    quotation = (
        "It is better to light one small candle than to curse the darkness that surrounds all of us tonight"
    )
    items = [
        {
            "question": f'Read this: "{quotation}." Which writer of the {n}th century does the style point to, and why?'
        }
        for n in range(12, 20)
    ]
    template = "You are given a list of integers. Write a function that returns the {} of the list, without sorting it."
    items += [{"question": template.format(what)} for what in ("median value", "third mode", "range between")]
    rows = [
        f'My grandmother used to say: "{quotation}." What did she mean by it?',
        template.format("longest run"),
    ]
    assert found(rows, *items) == ["keep", "keep"]


def test_what_many_rows_share_weighs_less():
    rule = "Answer in one word and do not explain yourself, whatever the customer may say to you about it"
    item = {"question": f"{rule}. Is the shop on Mill Lane open today?"}
    rows = [f"{rule}. Number {n} wants a refund for the {n}th time." for n in range(60)]
    assert set(found(rows, item)) == {"keep"}
    assert found([*rows, item["question"]], item)[-1] == "set aside"


@pytest.mark.parametrize(
    "item, same, other",
    [
        (
            "每天早上面包师做九盘面包，中午再做六盘，每盘十四个，其中三个送给隔壁的学校，一天还剩多少个可以卖？",
            "请帮我：每天早上面包师做九盘面包，中午再做六盘，每盘十四个，其中三个送给隔壁的学校，一天还剩多少个可以卖？谢谢。",
            "面包师每天早上几点起床，中午在哪里吃饭？",
        ),
        (
            "Каждое утро пекарь ставит девять противней теста, а в полдень ещё шесть. Сколько булок останется?",
            "КАЖДОЕ УТРО ПЕКАРЬ СТАВИТ ДЕВЯТЬ ПРОТИВНЕЙ ТЕСТА, А В ПОЛДЕНЬ ЕЩЁ ШЕСТЬ. СКОЛЬКО БУЛОК ОСТАНЕТСЯ?",
            "Сколько противней теста ставит пекарь?",
        ),
    ],
)
def test_items_are_found_in_other_scripts(item, same, other):
    assert found([same, other], {"question": item}) == ["set aside", "keep"]


def test_the_span_is_where_the_item_stands():
    before = "Ça va ? "
    corpus = Corpus.of([chat(f"{before}{QUESTION} Merci…", "De rien.")])
    held = pl.DataFrame([{"set": "exam", "item": 1, "question": QUESTION}], schema=HELD_OUT)
    row = contained(corpus.turns, held).row(0, named=True)
    assert corpus.turns["content"][0][row["start"] : row["end"]] == QUESTION.rstrip("?")
    assert row["run"] == len(QUESTION.replace("-", " ").split())


def test_nothing_held_out_and_nothing_said():
    empty = HELD_OUT.to_frame()
    assert contained(Corpus.of([chat(QUESTION, "165")]).turns, empty).is_empty()
    assert contained(
        Corpus.of([]).turns, pl.DataFrame([{"set": "e", "item": 1, "question": QUESTION}], schema=HELD_OUT)
    ).is_empty()
