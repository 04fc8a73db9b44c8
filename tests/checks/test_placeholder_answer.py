"""Blanks that were never filled in are found; brackets, codes and forms that were asked for pass."""

import pytest

from .table import score


@pytest.mark.parametrize(
    "answer",
    [
        "N/A", "n/a.", "<nooutput>", "No output", "TODO", "null", "[insert name] will help.", "It costs €XX.XX.", "It is [insert number] cm.", "Lorem ipsum dolor sit amet",
        "Handled by [agent name].", "Dial [phone number].", "TBD", "It is {{length}} long.", "See <insert link here>.", "Placeholder",
        "Not available.", "Hello [Customer Name], it is 40 m long.", "The bridge has a length of XXXX metres.", "It opened on [date] and closed on [date].", "Ask [Insert Name of Engineer] about it.", "桥长【此处插入】米。", "The total is $XX.", "TODO: look it up.", "It is ${length} metres long.", "Please write to [Your Email Address] or [Company Name].", "undefined", "…\nLorem ipsum",
    ],
)  # fmt: skip
def test_a_blank_is_found(answer):
    assert score("placeholder_answer", "How long is it?", answer) >= 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "Nothing.", "None of them.", "No.", "0", "The answer is no.", "See [your account](https://a.example).", "[1]", "[sic]", "a[b]", "It is [quite] long.", "[Laughs]", "[Chorus]", "XX century", "Super Bowl XX", "size XXL",
        "```\n# TODO: x\n```", "`{{x}}`", "<b>", "[a, b]", "Null hypothesis: none", "NaN is not a number.", "[0, 1]", "to do", "Spain", "\"[He] left.\"", "todo el día",
        # Short answers that are whole.
        "None", "Nil", "Unknown", "X", "Yes, n/a is short for not applicable.", "No reply is better than a wrong one.", "Not available in red, but there is a blue one.",
        # Roman numbers, sizes, films, markings.
        "Louis XXIII never was.", "MMXXIV", "Chapter XXXV", "XXXII degrees is a Roman way to write 30.", "Malcolm X", "XX and XY chromosomes", "xXx (2002)", "Dos Equis XX", "an XXS shirt",
        # Brackets of citations, stage directions, editing, intervals, keys, links.
        "[Smith 2020]", "[Applause]", "[Verse 1]\nThe road is long", "[Enter Hamlet]", "He said [in French] that it rained.", "the interval [0, ∞)", "Press [Ctrl]+[C].", "[Number theory](https://a.example/n) is old.", "[citation 4]", "arr[name]", "[x for x in y]", "[emphasis added]", "[user@host ~]$", "[00:12] A door opens.",
        "Todo está bien.", "Es ist alles in Ordnung, TO DO heißt zu tun.", "{x | x > 0}", "{{1, 2}, {3, 4}}", "<Ana>", "The sign reads “To Be Decided”.",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_blank_passes(answer):
    assert score("placeholder_answer", "How long is it?", answer) < 0.5


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("How do I begin a conversation?", 'Say: "Hi, I\'m [Your Name], nice to meet you."'),
        ("Introduce me.", "[Your Name]\nEngineer"),
        (
            "Can I see how one writes to the council?",
            "Dear council,\nI live on your street.\nSincerely,\n[Name], [Your Address]",
        ),
        ("Write a letter template.", "Dear [Your Name], I am [Job Title]."),
        ("What does N/A stand for? Reply N/A.", "N/A"),
        ("Write a JavaScript template string.", "`${name}`"),
        ("Write an e-mail to my landlord about the heating.", "Dear [Name],\nthe heating is off."),
        ("Draft a cover letter.", "[Your Name]\n[Date]"),
        ("What does Python print for an empty value? null or None?", "null"),
        ("Classify as valid, invalid or undefined: 1/0", "undefined"),
        ("Create a Jinja template that greets.", "Hello {{ name }}"),
        ("Give me a fill-in-the-blank exercise about XXXX.", "The capital of Peru is XXXX."),
        ("What is dummy text? Show the lorem ipsum placeholder.", "Lorem ipsum dolor sit amet"),
        ("写一封请假邮件模板", "尊敬的[请填写姓名]"),
    ],
)
def test_who_asks_for_it_gets_it(asked, answer):
    assert score("placeholder_answer", asked, answer) < 0.5
