"""One record per line, whatever the lines end in."""

import json

import pytest

from finesift.read import read
from finesift.read.records import stream

ROW = b'{"text": "t"}'


@pytest.mark.parametrize(
    "data, rows",
    [
        (ROW, [1]),
        (ROW + b"\n", [1]),
        (ROW + b"\n" + ROW, [1, 2]),
        (b"\n\n" + ROW + b"\n  \n" + ROW + b"\n\n", [3, 5]),
        (ROW + b"\r\n" + ROW + b"\r\n", [1, 2]),
        (ROW + b"\r\n\r\n" + ROW, [1, 3]),
        (b"\xef\xbb\xbf" + ROW + b"\n" + ROW, [1, 2]),
        (b"", []),
        (b"\n \n", []),
    ],
)
def test_rows_are_numbered_by_their_lines(corpus_of, data, rows):
    corpus = corpus_of(data)
    assert corpus.unreadable.is_empty()
    assert corpus.examples["row"].to_list() == rows
    assert corpus.originals["raw"].to_list() == [ROW] * len(rows)


def test_a_stray_list_of_values_is_one_odd_row(corpus_of):
    corpus = corpus_of(b"[1, 2, 3]\n" + ROW + b"\n" + ROW)
    assert corpus.unreadable.select("row", "raw").rows() == [(1, b"[1, 2, 3]")]
    assert corpus.examples["row"].to_list() == [2, 3]


def test_line_ends_and_byte_order_marks_are_noted(corpus_of):
    notes = corpus_of(b"\xef\xbb\xbf" + ROW + b"\n" + ROW + b"\r\n" + ROW + b"\n").notes
    assert list(notes.iter_rows()) == [
        (0, "repair", "a byte-order mark at the start of the file was left out"),
        (1, "repair", "the line ends in CR LF, read as LF"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_as_utf_8(corpus_of, encoding):
    corpus = corpus_of('{"text": "Grüße, 世界 🙂"}\n{"text": "b"}\n'.encode(encoding))
    assert corpus.turns["content"].to_list() == ["Grüße, 世界 🙂", "b"]
    assert corpus.notes["message"].to_list() == ["the file is UTF-16, read as UTF-8"]


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_where_chunks_are_cut_makes_no_difference(tmp_path, monkeypatch, chunk):
    rows = [{"prompt": f"Frage {n} é", "completion": "x" * n} for n in range(40)] + [
        {"bad": 1},
        {"text": "t"},
    ]
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    whole = read([path])
    monkeypatch.setattr(stream, "CHUNK", chunk)
    cut = read([path])
    assert cut.examples.equals(whole.examples)
    assert cut.turns.equals(whole.turns)
    assert cut.originals.equals(whole.originals)
    assert cut.unreadable.equals(whole.unreadable)


def test_the_originals_read_again_give_the_same_corpus(corpus_of, tmp_path):
    first = corpus_of(
        b'{"prompt": "p",  "completion": "c"}\n{"text": "t", "n": 12345678901234567890123}\n{"x": 1}\n'
    )
    again = corpus_of(b"\n".join(first.originals["raw"]), "again.jsonl")
    assert again.turns.equals(first.turns)
    assert again.examples["id"].equals(first.examples["id"])
    assert again.examples["extra"].equals(first.examples["extra"])
