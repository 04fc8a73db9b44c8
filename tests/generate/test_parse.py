"""What a model answers is parsed strictly, repaired once, and what is wrong with it is said; what it lets slip as well."""

import json

import pytest

from finesift.generate.journal import Entry
from finesift.generate.loop import _unread
from finesift.generate.parse import Malformed, block, parsed
from finesift.generate.slips import Slips

ROW = json.dumps(
    {"messages": [{"role": "user", "content": 'It says "no", x,]'}, {"role": "assistant", "content": "So?"}]}
)


@pytest.mark.parametrize(
    "said",
    [
        ROW,
        f"```json\n{ROW}\n```",
        f"Here {{you}} are:\n{ROW}\nHope it helps {{smile}}!",
        ROW.replace("}]}", "},]}"),
        f"<think>Is it {{this}}?</think>\n{ROW}",
    ],
)  # fmt: skip
def test_what_stands_around_an_object_and_a_comma_too_many_are_left_out(said):
    assert [one["content"] for one in parsed(said)] == ['It says "no", x,]', "So?"]


def test_typographic_quotes_count_where_there_are_no_others():
    plain = json.dumps(
        {"messages": [{"role": "user", "content": "It’s it"}, {"role": "assistant", "content": "So?"}]},
        ensure_ascii=False,
    )
    assert parsed(plain.replace('"', "“"))[0]["content"] == "It’s it"
    assert parsed(plain.replace("It’s", "It’s “it”,"))[0]["content"] == "It’s “it”, it"


def test_a_line_break_in_a_text_is_one():
    assert parsed(ROW.replace("So?", "So?\nYes."))[1]["content"] == "So?\nYes."


@pytest.mark.parametrize(
    "said, why",
    [
        (f"[{ROW}, {ROW}]", "a list of 2"),
        (f"{ROW}\n{ROW}", "more than one"),
        (ROW[:50], "cannot be read|can be read|no end"),
        ('{"request": "a", "response": "b"}', "request, response, without messages"),
        ('{"messages": [], "messages": []}', "twice"),
        (ROW.replace("assistant", "bot"), "'bot', where assistant was due"),
        (ROW.replace("So?", "..."), "says nothing"),
        (ROW.replace("So?", "\\ud83d"), "half a character"),
        (ROW.replace('"So?"', "null"), "no text"),
        ("Sure!", "no JSON"),
        ("{" * 9, "no end"),
        ('{"a":' * 50_000, "nested"),
        (None, "no JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_answer_is_said(said, why):
    with pytest.raises(Malformed, match=why):
        parsed(said)


def test_an_answer_that_a_limit_cut_off_is_called_so():
    with pytest.raises(Malformed) as told:
        block(ROW[:50])
    assert _unread(Entry(ROW[:50], 9, 400, "length"), told.value).startswith(
        "cut off: it ended at the server's limit"
    )
    assert _unread(Entry(ROW[:50], 9, 4, "stop"), told.value).startswith("malformed: ")
    assert _unread(Entry(None, 0, 0, None), Malformed("no answer came")) == "no answer came"


@pytest.mark.parametrize(
    "asked, told, why",
    [
        ("(not available)", "It is.", "holds no text"),
        ("[insert request]", "It is.", "holds no text"),
        ("Where is it", "Where is it?", "the answer is the request"),
        ("Sure, I refunded it.", "Thanks.", "speaks as the assistant"),
        ("I am happy to help you with the kettle.", "Thanks.", "speaks as the assistant"),
        ("This is an example of a request for a refund.", "It is.", "talks about the example"),
        ("The customer has returned the kettle. A refund is due.", "It is.", "instead of making one"),
        ("The lid broke. " * 12, "Send it back.", "again and again"),
        ("The customer has returned the kettle. What do I do?", "Refund it.", None),
        ("Sure? The lid is gone.", "So it is.", None),
        ("👍", "Gladly.", None),
    ],
)  # fmt: skip
def test_what_a_model_lets_slip_is_named(asked, told, why):
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": told}]
    found = Slips(["I want my money back"]).of(messages)
    assert found is None if why is None else why in found, found


def test_what_the_plan_says_itself_is_no_slip():
    messages = [
        {"role": "user", "content": "Give me the list in JSON, please."},
        {"role": "assistant", "content": "[1]"},
    ]
    assert Slips([]).of(messages) and Slips(["Return it in JSON"]).of(messages) is None
