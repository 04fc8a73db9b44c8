"""A line that is no JSON says what is wrong, where, and what to do."""

import pytest

from finesift.read import read


@pytest.mark.parametrize(
    "line, error, hint",
    [
        (b'{"text": "cut off', 'the line ends in the middle of the record; found the end at character 18',
         "Either the file was cut off here, or a text holds a line break that is not written as \\n."),
        (b'{"text": NaN}', 'the record holds NaN, which JSON has no word for; found "NaN}" at character 10',
         "Write null or a number."),
        (b'{"text": "t", "n": -Infinity}', "the record holds -Infinity, which JSON has no word for", None),
        (b"{'text': 't'}", "Python's notation, not JSON; found \"'text': 't'}\" at character 2",
         "Write it with json.dumps(row), not str(row)."),
        (b'{"text": True}', "Python's notation, not JSON", None),
        (b'{"text": "t",}', "a comma stands before the closing bracket", "Leave the last comma out."),
        (b'{"text": "a\tb"}', "a line break, tab or other control character stands unescaped in a text", None),
        (b'{"text": "\\ud83d"}', "half of a surrogate pair is escaped in a text, so a character is cut in two", None),
        (b'{"text": "a"} {"text": "b"}', "more text follows the record on its line", "Write one record per line."),
        (b'{"text": "t", "n": 1e999}', "a number is too large for 64 bits", "Write it as text."),
        (b"text: t", 'no JSON; found "text: t" at character 1', "Write one JSON object per line."),
        (b'{"text" "t"}', "no JSON: ", "Write the row with a JSON library."),
        (b'{"text": ' + b"[" * 2000 + b"]" * 2000 + b"}", "the record is nested more than 1,024 levels deep",
         "Flatten it."),
        (b'{"text": "t", "n": ' + b"9" * 5000 + b"}", "a number is too large for 64 bits", "Write it as text."),
        (b'{"text": "a", "text": "b"}', 'the field "text" is given twice, with different values',
         "Keep one of them. Most readers take the last and say nothing."),
        (b'{"text": "t", "meta": {"a": 1, "a": 2}}', 'the field "a" is given twice, with different values', None),
    ],
)  # fmt: skip
def test_a_broken_line_says_what_is_wrong(corpus_of, line, error, hint):
    corpus = corpus_of(b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n')
    assert corpus.turns["content"].to_list() == ["before", "after"]
    assert corpus.unreadable["row"].to_list() == [2]
    assert corpus.unreadable["raw"].to_list() == [line]
    assert corpus.unreadable["error"][0].startswith(error)
    if hint is not None:
        assert corpus.unreadable["hint"][0] == hint


def test_bytes_of_another_encoding_are_shown_in_it_and_the_hint_reads_them(tmp_path):
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"text": "naïve café"}\n{"text": "plain"}\n'.encode("cp1252"))
    fault = read([path]).unreadable.row(0, named=True)
    assert fault["error"] == "byte 13 is 0xEF, which is not UTF-8"
    assert 'as in "{"text": "naïve café"}"' in fault["hint"]
    assert fault["hint"].endswith('repair = ["windows-1252"]')
    corpus = read([path], repair=["windows-1252"])
    assert corpus.turns["content"].to_list() == ["naïve café", "plain"]
    assert list(corpus.notes.iter_rows()) == [(0, "lossy_repair", "windows-1252: the line was no UTF-8")]


def test_a_key_that_is_given_twice_with_one_value_is_no_fault(corpus_of):
    assert corpus_of(b'{"text": "a", "text": "a"}\n').turns["content"].to_list() == ["a"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"text": "a \\"key\\": 1, \\"key\\": 2"}',
        b'{"text": ":-)"}',
        b'{"text" : "spaced"}',
        b'{"a\\\\":1, "text": "a key that ends in a backslash"}',
    ],
)
def test_what_only_looks_like_a_key_given_twice_is_none(corpus_of, line):
    assert corpus_of(line + b"\n").unreadable.is_empty()
