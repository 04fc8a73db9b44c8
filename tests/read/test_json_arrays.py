"""JSON arrays and values that follow one another, whole, cut off and broken."""

import json
import random

import numpy as np
import pytest

from finesift.match.kernels import kernels
from finesift.read import read
from finesift.read.records import json_arrays, stream
from finesift.read.records.exact_json import ends_of_keys

ROWS = [{"prompt": f"p{n}", "completion": 'x"}, {"y', "n": [{"a": "]"}]} for n in range(5)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=4),
        json.dumps(ROWS, indent=2).replace("\n", "\r\n"),
        "\n  " + json.dumps(ROWS) + "\n\n",
        "[\n" + ",\n".join(map(json.dumps, ROWS)) + "\n]\n",
        " ".join(map(json.dumps, ROWS)),
        "".join(map(json.dumps, ROWS)),
        "\n".join(json.dumps(row, indent=1) for row in ROWS),
        json.dumps(ROWS[:2]) + "\n" + json.dumps(ROWS[2:], indent=1),
    ],
)
@pytest.mark.parametrize("name", ["data.json", "data.jsonl", "data"])
def test_every_layout_gives_the_same_rows(corpus_of, text, name):
    corpus = corpus_of(text, name)
    assert corpus.unreadable.is_empty(), corpus.unreadable["error"].to_list()
    assert [json.loads(raw) for raw in corpus.originals["raw"]] == ROWS
    assert not any(b"\n" in raw for raw in corpus.originals["raw"])
    assert corpus.examples["row"].to_list() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("window", [1, 5, 33])
def test_where_windows_are_cut_makes_no_difference(corpus_of, monkeypatch, window):
    text = (
        json.dumps([*ROWS, "text", 5, None, {"broken": ...}], default=lambda _: None)[:-1]
        + ', {"x": y}, {"text": "z"}]'
    )
    whole = corpus_of(text, "data.json")
    monkeypatch.setattr(json_arrays, "WINDOW", window)
    cut = corpus_of(text, "data.json")
    assert cut.turns.equals(whole.turns)
    assert cut.originals.equals(whole.originals)
    assert cut.unreadable.equals(whole.unreadable)


@pytest.mark.parametrize("chunk, copies", [(1 << 20, 3), (260, 8)])
def test_many_objects_at_a_time_are_read_as_one_at_a_time(corpus_of, monkeypatch, chunk, copies):
    draw = random.Random(11)
    monkeypatch.setattr(stream, "CHUNK", chunk)
    monkeypatch.setattr(json_arrays, "_LONGEST_CUT", chunk // 4)
    whole = json.dumps(ROWS * copies, indent=1, ensure_ascii=False).replace("p1", "pé中\\u00e9")
    texts = [whole]
    for _ in range(150):
        text = list(whole)
        for _ in range(draw.randint(1, 4)):
            text[draw.randrange(len(text))] = draw.choice(
                ['"', "\\", "{", "}", "[", "]", ",", "\n", "\t", "\v", "", "NaN", "9"]
            )
        texts.append("".join(text))
    many = [corpus_of(text, "data.json") for text in texts]
    monkeypatch.setattr(json_arrays, "_taken", lambda data, scan, stream: None)
    monkeypatch.setattr(json_arrays._Scan, "_objects", lambda self, start: False)
    for text, corpus in zip(texts, many, strict=True):
        one = corpus_of(text, "data.json")
        assert corpus.originals.equals(one.originals), text
        assert corpus.unreadable.sort("row").equals(one.unreadable.sort("row")), text


def test_all_whole_records_before_a_cut_survive_and_the_cut_is_named(corpus_of):
    text = json.dumps(ROWS, indent=1)
    corpus = corpus_of(text[: text.rindex('"completion"') + 20], "data.json")
    assert [json.loads(raw) for raw in corpus.originals["raw"]] == ROWS[:4]
    fault = corpus.unreadable.row(0, named=True)
    line = text[: text.rindex('{\n  "prompt"')].count("\n") + 1
    assert fault["row"] == 5
    assert fault["error"] == f"the file ends in the middle of this record, which begins on line {line}"
    assert fault["raw"].startswith(b'{\n  "prompt": "p4"')


@pytest.mark.parametrize("end", range(0, 120, 7))
def test_wherever_an_array_is_cut_nothing_before_is_lost(corpus_of, end):
    text = json.dumps(ROWS[:2])[:end]
    corpus = corpus_of(text, "data.json")
    assert corpus.examples.height == (end > len(json.dumps(ROWS[0])))
    assert corpus.unreadable.height <= 1
    kept = b"".join([*corpus.originals["raw"], *corpus.unreadable["raw"]])
    assert len(kept) >= len(text.strip("[ ,")) - 2


@pytest.mark.parametrize(
    "broken, error",
    [
        ('{"text": "no end, {"text": "after the quote"}', "no JSON on line 3: expecting"),
        ('{"text": "t" "x": 1}', "no JSON on line 3: expecting ',' delimiter"),
        ('{"text": NaN}', "the record on line 3 holds NaN, which JSON has no word for"),
        ("nonsense", "no JSON on line 3: expecting value"),
        ('{"text": "a", "text": "b"}', 'the field "text" is given twice'),
        ('{"text": "\\ud800"}', "half of a surrogate pair is escaped"),
    ],
)
def test_a_broken_record_costs_itself_alone(corpus_of, broken, error):
    corpus = corpus_of(
        '[\n{"text": "before"},\n' + broken + ',\n{"text": "one"},\n{"text": "two"}\n]', "data.json"
    )
    assert corpus.turns["content"].to_list() == ["before", "one", "two"]
    assert corpus.unreadable["row"].to_list() == [2]
    assert corpus.unreadable["error"][0].startswith(error)
    assert corpus.unreadable["raw"][0].decode() == broken


def test_bytes_that_are_not_utf_8_cost_their_record_alone(corpus_of):
    corpus = corpus_of(b'[{"text": "a"}, {"text": "caf\xe9"}, {"text": "b"}]', "data.json")
    assert corpus.turns["content"].to_list() == ["a", "b"]
    assert corpus.unreadable["raw"].to_list() == [b'{"text": "caf\xe9"}']
    assert "not UTF-8" in corpus.unreadable["error"][0]


def test_whole_numbers_of_any_size_go_out_as_they_came_in(corpus_of):
    corpus = corpus_of('[{"text": "t", "n": 123456789012345678901234567890}]', "data.json")
    assert corpus.examples["extra"][0] == '{"n":123456789012345678901234567890}'


def test_an_array_within_a_larger_file_than_a_chunk_is_read_in_windows(tmp_path):
    rows = [{"text": f"{n} " + "é" * (n % 1000)} for n in range(4000)]
    path = tmp_path / "big.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    corpus = read([path])
    assert corpus.turns["content"].to_list() == [row["text"] for row in rows]


def test_quotes_before_colons_are_counted_alike_however_long_the_text():
    draw = random.Random(5)
    for size in [*range(300), 1 << 16, (1 << 16) + 77]:
        data = bytes(draw.choices(b'"":\\a', k=size))
        counted = data.count(b'":') - data.count(b'\\":')
        if data:
            assert kernels()("key_ends", np.frombuffer(data, np.uint8), len(data)) == counted
        assert ends_of_keys(data) == counted
