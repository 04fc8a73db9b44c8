"""What tells two prompts apart whatever their wording, and what does not."""

import polars as pl
import pytest

from finesift.match.apart import apart, said


def differs(here, there):
    one, other = (pl.DataFrame({"text": [text]}).select(**said(pl.col("text"))) for text in (here, there))
    both = pl.concat(
        [one, other.rename({name: f"{name} of other" for name in other.columns})], how="horizontal"
    )
    return both.select(apart()).item()


@pytest.mark.parametrize(
    "here, there",
    [
        ("What does a crate of 12 bottles cost?", "What is the price of a dozen bottles in a crate?"),
        ("Name three rivers in Chile.", "Which 3 rivers are there in Chile?"),
        ("Give one reason to learn Latin.", "Give a reason to learn Latin."),
        ("A rope of 40 metres", "A rope of 40 meters"),
        ("Is 1,000 more than 999?", "Is 1000 more than 999?"),
        ("Don't use loops in this code.", "Write this code without loops."),
        ("Couldn't you tell me the way?", "Could you tell me the way?"),
        ("Is it no more than 5 km?", "Is it at most 5 km?"),
        ("Who owns Malta's oldest bakery?", "The oldest bakery of Malta is owned by whom?"),
        ("A recipe from Germany", "A German recipe"),
        ("When was the bridge built?", "In which year was the bridge built?"),
        ("What is the largest lake?", "Which lake is the biggest?"),
        ("What is twenty-five times 3?", "Multiply 25 by three."),
        ("When is the rent due?", "By when must the rent be paid?"),
        ('What does "ubiquitous" mean?', "Tell me the meaning of “ubiquitous”."),
        ("It's Ann's boat, isn't it?", "Ann's boat, is it?"),
        (
            "I have a 1960 coin. Is the 1960 coin like the 2010 coin?",
            "I have a 1960 coin. Is that 1960 coin like the 2010 coin?",
        ),
    ],
)
def test_the_same_in_other_words_is_not_apart(here, there):
    assert differs(here, there) is None
    assert differs(there, here) is None


@pytest.mark.parametrize(
    "here, there, what",
    [
        ("Name three rivers.", "Name four rivers.", "a number"),
        (
            "A 2010 coin and a 1959 coin: is the 1960 coin older, if the 1959 coin is worn?",
            "A 2010 coin and a 1960 coin: is the 1959 coin older, if the 1959 coin is worn?",
            "a number",
        ),
        ("Quanto piove a marzo?", "Quanto piove a maggio?", "a day"),
        ("A loja abre na terça-feira?", "A loja abre na sexta-feira?", "a day"),
        ("Is de winkel op maandag open?", "Is de winkel op zaterdag open?", "a day"),
        ("Hoe warm is het in maart?", "Hoe warm is het in augustus?", "a day"),
        ("What is 17 plus 4?", "What is 17 plus 5?", "a number"),
        ("Name a river.", "Name two rivers.", "a number"),
        ("How far is 5 miles?", "How far is 5 kilometres?", "a unit"),
        ("How tall is it in feet?", "How tall is it in metres?", "a unit"),
        ("Is the door locked?", "Is the door not locked?", "a negation"),
        ("Use loops.", "Don't use loops.", "a negation"),
        ("Sort it in ascending order.", "Sort it in descending order.", "an opposite"),
        ("List advantages of trains.", "List advantages and drawbacks of trains.", "an opposite"),
        ("Who built it?", "When was it built?", "an opposite"),
        ("How do I get to Rome?", "How do I get to Milan?", "a name"),
        ("Turn Celsius to Fahrenheit.", "Turn Fahrenheit to Celsius.", "a direction"),
        ("What does parse_row do?", "What does parse_rows do?", "an identifier"),
        ("Fix: while (i <= n) i++;", "Fix: while (i < n) i++;", "code"),
        ("Pack 4 tables with 14 legs.", "Pack 14 tables with 4 legs.", "a number"),
        ("Pam is not late, but is Bo early?", "Pam is late, but is Bo not early?", "a negation"),
        ("Tiago sold a boat.", "Ines sold a boat.", "a name"),
        ("Meet me on monday.", "Meet me on tuesday.", "a day"),
        (
            "A man has 6 boxes. What do all 3 boxes hold?",
            "A man has 3 boxes. What do all 6 boxes hold?",
            "a number",
        ),
        (
            "He is not sure to win, but is she sure to?",
            "He is sure to win, but is she not sure to?",
            "a negation",
        ),
        ("Solve it for x.", "Solve it for y.", "a letter"),
        ("Is vitamin C good?", "Is vitamin D good?", "a letter"),
        ("What does `fold` do?", "What does `scan` do?", "what is quoted"),
        ("Nenne drei Flüsse.", "Nenne vier Flüsse.", "a number"),
        ("Nomme deux fleuves.", "Nomme trois fleuves.", "a number"),
        ("Schreibe es mit Schleifen.", "Schreibe es ohne Schleifen.", "a negation"),
        ("Escríbelo con bucles.", "Escríbelo sin bucles.", "a negation"),
        ("Sortiere aufsteigend.", "Sortiere absteigend.", "an opposite"),
        ("Quel est le premier roi ?", "Quel est le dernier roi ?", "an opposite"),
        ("Was geschah vor dem Krieg?", "Was geschah nach dem Krieg?", "an opposite"),
        ("treffen wir uns am montag?", "treffen wir uns am dienstag?", "a day"),
    ],
)
def test_what_says_something_else_is_apart(here, there, what):
    assert differs(here, there) == what
    assert differs(there, here) == what


def test_nothing_is_apart_from_itself():
    assert differs("", "") is None
    assert differs("Name 3 rivers in Chile, not in Peru!", "Name 3 rivers in Chile, not in Peru!") is None
