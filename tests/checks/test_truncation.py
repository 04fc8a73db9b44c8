"""Answers that stop before their end are found; what may end without a full stop is not."""

import pytest

from finesift.checks.truncation import cut, truncation, weighed
from finesift.corpus import Corpus, chat

from .table import score

LONG = "The first step is to look at the plan. The second is to ask who wrote it. "


def flagged(*contents, extra=None):
    corpus = Corpus.of([chat(*contents) | ({"extra": extra} if extra else {})])
    found = truncation(corpus.turns.lazy(), corpus.examples.lazy()).collect()
    return not found.filter(found["score"] >= 0.5).is_empty()


@pytest.mark.parametrize(
    "answer",
    [
        LONG + "The third is to",
        LONG + "The third is to compare it with what was bui",
        LONG + "Then, when all of that is done,",
        "It is sold in three sizes, which differ in the length of the",
        "Here you go:\n```python\nfor n in range(3):\n    print(n",
        "~~~\nls -l\n",
        "Try this: ```\nmake install\nmake",
        "````md\n```\ninner\n```\nThe outer fence is open and nothing",
        "```python\ndef close(path):\n    # The file may be gone by now.",
        "First:\n```sh\nls\n```\nThen:\n```sh\ncat notes.txt |",
        '{"monday": "10:00", "tuesday": "10:0',
        '[{"name": "Ada"}, {"name": "Grace"',
        "Reasons:\n1. It is cheap.\n2. It is fast.\n3. It is quiet, even at night.\n4.",
        "Tips:\n\n1. Sleep well.\n2. Drink enough water during the day.\n3. Walk.\n\n4. ",
        LONG + "\n\nThe result of all this is a plan that everybody understands and",
        "Kochen Sie das Wasser auf. Geben Sie dann den Reis hinzu und lassen Sie",
        "Faites bouillir l'eau. Ajoutez ensuite le riz et laissez cuire pendant",
        "首先把水烧开。然后加入大米，盖上锅盖，用小火继续煮大约十五分钟直到",
        "<think>The user asks for a plan. I start.",
        LONG * 4 + "\n\nIf you want to know more about that, ask your",
        "He opened the door. The room was dark, and on the table lay a letter that he had never",
        LONG + "The population grew from 1 million in 1950 to 3 million in",
        "Photosynthesis is a process in which plants convert sunl",
        "To reset it, follow these steps:",
        "I will list them all. [continued in next message]",
        "1. Apples\n2. Pears\n3.",
        "He said (and I quote",
        'He replied "I do not think',
    ],
)
def test_a_cut_answer_is_found(answer):
    assert flagged("Tell me.", answer), answer


@pytest.mark.parametrize(
    "answer",
    [
        "Lima",
        "42",
        "ok thanks i'll check that for you",
        "The quick brown fox jumps over the lazy dog",
        "Roses are red\nViolets are blue\nSugar is sweet\nAnd so are you",
        "thrilled, elated, overjoyed",
        "Here is what he said: no",
        "Yes",
        "The capital of Peru is Lima",
        "Blue, green and red",
        "A = πr²",
        "x = (-b ± √(b² - 4ac)) / 2a",
        "The area is $$\\pi r^2$$",
        "E = mc^2",
        "1. Fill it\n2. Boil it\n3. Pour it away",
        "- apples\n- pears\n- plums",
        "* one\n* two",
        "1. Cycling 2. Picnicking 3. Kite flying 4. Bird watching",
        "a) north b) south c) east",
        "How to Keep a Promise: Five Rules for Busy People",
        "Breaking: Storm Hits the Coast. Thousands Without Power",
        "```python\nprint(1)\n```",
        "Use this:\n```\nls -l\n```",
        "Use ```exit``` to leave.\n```sh``` starts a shell of its own, which has to be left as well.",
        "It is this one: ```\nls -l\n```",
        "Like so:\n```\nls -l```\nThat lists every file with its size and owner.",
        "The table:\n\n| a | b |\n+---+---+\n```",
        "````md\n```\ninner\n```\n````",
        "Put an empty `````` there. It takes no room on the page, and nobody who reads it will ever see it.",
        "```\n9\n```\n\nThe result is nine:\n\n```\n\nIt takes as long as the list has entries, and no memory at all.",
        "SELECT name FROM users WHERE age > 30",
        "def f(x):\n    return x + 1",
        "for (int i = 0; i < 3; i++) { run(i); }",
        "<ul><li>One</li></ul>",
        '{"price": 129, "currency": "EUR"}',
        "[1, 2, 3]",
        "[insert name] will be there.",
        "Old pond, still water\na frog leaps in without haste\nthe sound of ripples",
        "The kettle sings, the window fogs,\nThe cat lies down between the dogs,\nAnd no one counts the falling snow",
        "Dear Ana,\n\nthank you for your letter. We will write soon.\n\nKind regards,\nTom",
        "Thank you for coming. We hope to see you again.\n\nBest wishes,\nThe Team",
        "Be kind whenever possible. It is always possible. - Dalai Lama",
        "“Be the change.” — Mahatma Gandhi",
        "See https://example.org/a/b",
        "Write to us at care@shop.example",
        "What a day! The sun is out. #sunny #weekend",
        "Great idea 😀",
        "Done! 🎉",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "He said: “I will be back.”",
        "She asked, 'Are you coming?'",
        "It is (as far as we know) the oldest (c. 1200)",
        "**Answer:** Paris",
        "# Title\n\nA short text.",
        "ประเทศไทยอยู่ในเอเชียตะวันออกเฉียงใต้",
        "东京",
        "是的，没问题",
        "東京は日本の首都です。",
        "यह एक वाक्य है।",
        "هل أنت بخير؟",
        "To be continued...",
        "And then …",
        "The three books are:\n1. Emma by Jane Austen\n2. Dune by Frank Herbert",
        "1. The Great Gatsby by F. Scott Fitzgerald",
        "Cast: J. Doe, R. Roe Jr. and Dr. Who",
        "ACGTACGT",
        "Q: What? A: Nothing",
        "Noun: dog\nVerb: run\nAdjective: red",
        "",
        "...",
        "He came, he saw, he won!",
        "Open a terminal. " * 40 + "\n\nThen install both libraries with this command:\n\npip install alpha beta",
        "It works like this:\n```sh\nls\n```\nThat is all there is to it.\n```",
        "I did three things:\n- I added a comment to each part.\n- I removed the code that nobody calls\n- I made sure that the names follow the style guide of the project",
        LONG + "In the end the plan was put aside\n",
        "Il est midi. That is said in Paris",
        "Subject: Meeting\n\nHi all,\nthe meeting is at ten.\nThanks\nAna",
    ],
)  # fmt: skip
def test_what_may_end_without_a_stop_passes(answer):
    assert not flagged("Tell me.", answer), answer


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        ({"finish_reason": "length"}, True),
        ({"stop_reason": "max_tokens"}, True),
        ({"choices": [{"finish_reason": "length"}]}, True),
        ({"finish_reason": "stop"}, False),
        ({"note": "the length of the row"}, False),
        ({"finish_reason": None}, False),
    ],
)
def test_the_generators_own_word_counts(extra, found):
    assert flagged("Tell me.", "It is so.", extra=extra) is found


@pytest.mark.parametrize(
    ("asked_on", "found"),
    [("continue", True), ("Please continue.", True), ("weiter", True), ("继续", True), ("Thanks!", False),
     ("Can we continue tomorrow with the other one?", False)],
)  # fmt: skip
def test_a_user_who_asks_for_the_rest_is_evidence(asked_on, found):
    assert flagged("A story?", "Once there was a fox", asked_on, "It lived in a wood.") is found
    assert not flagged("A story?", "Once there was a fox.", asked_on, "He lived in a wood.")


def test_the_rest_of_an_answer_may_begin_inside_a_fence():
    rest = "    print(n)\n```\nThat prints each number."
    assert cut(rest, asked="continue") is None
    assert cut(rest) is not None


def test_patterns_and_the_last_words_together_act():
    asked, answer = "Tell me.", "It is a dog, not a cat, and it likes to"
    assert weighed(cut(answer), answer, asked)[0] >= 0.95
    assert weighed(cut("It is the"), "It is the", asked) is None


def test_the_span_is_the_open_end():
    answer = LONG + "The third is to"
    assert answer[cut(answer)[2] :].strip() == "The third is to"


@pytest.mark.parametrize(
    "answer",
    [
        "The office opens at nine and closes when the last custo",
        "You can return it within thirty days if the packag",
        "To change your plan, open the settings and follow these steps:",
        "It began in spring. Then they left. [continued in next message]",
        "It began in spring. Then they left. (truncated)",
        "total = 0\nfor row in rows:\n    total += price(row[",
    ],
)
def test_what_is_cut_shows_at_its_very_end(answer):
    assert score("truncation", "And then?", answer) >= 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "call me on monday, it costs abt ten dollars or approx",
        "Die Anlage befindet sich hinter dem Haus und ist gesperrt informat",
        "Name:\nAddress:\nPhone number of the owner:",
        "Please give the name of the city:",
        "The trend is expected to continue below (see the second chart)",
        "for n in range(3):\n    print(n)",
    ],
)
def test_what_ends_as_it_likes_is_whole(answer):
    assert score("truncation", "And then?", answer) < 0.5
