"""Input that means harm, or looks as if: time and memory stay bounded, and the reason says what it was."""

import gzip
import io
import json
import subprocess
import sys
import textwrap
import zipfile

import pytest
import zstandard

from finesift.errors import InputError
from finesift.read import read

MEGABYTE = 1 << 20
GOOD = b'{"text": "good"}'


@pytest.mark.parametrize("name", ["data.jsonl", "data.json", "data"])
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_hundred_thousand_levels_of_nesting_cost_their_row_alone(corpus_of, name, opening):
    deep = b'{"text": "t", "x": ' + opening * 100_000
    corpus = corpus_of(GOOD + b"\n" + deep + b"\n" + GOOD + b"\n", name)
    assert corpus.turns["content"].to_list() == ["good", "good"]
    assert corpus.unreadable.height == 1
    assert corpus.unreadable["raw"][0].startswith(b'{"text": "t", "x": ')
    assert corpus.unreadable["error"][0].startswith(("the record is nested", "the line ends", "no JSON"))


def test_deep_nesting_that_is_closed_names_the_limit(fault_of):
    fault = fault_of(b'{"text": "t", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    assert fault["error"].startswith("the record is nested more than 1,024 levels deep")
    assert fault["hint"] == "Flatten it."


def test_deep_nesting_within_text_that_is_json_costs_its_row_alone(corpus_of):
    deep = "[" * 100_000 + "]" * 100_000
    rows = [
        {"conversations": deep},
        {"messages": [{"role": "user", "content": "q"}], "tools": deep},
        {"messages": [{"from": "function_call", "value": deep}]},
    ]
    corpus = corpus_of([*rows, {"text": "good"}])
    assert corpus.turns["content"].to_list()[-1] == "good"
    assert corpus.rows == 4
    assert corpus.unreadable.height == 3
    assert all(len(error) < 300 for error in corpus.unreadable["error"])


def test_ten_thousand_keys_survive_in_extra(corpus_of):
    keys = {f"key_{n}": n for n in range(10_000)}
    corpus = corpus_of([{"prompt": "p", "completion": "c"} | keys])
    assert json.loads(corpus.examples["extra"][0]) == keys


def test_the_reason_for_ten_thousand_unknown_keys_is_short(fault_of):
    fault = fault_of([{f"key_{n}": n for n in range(10_000)}])
    assert fault["error"].startswith("no known shape; its fields are")
    assert len(fault["error"]) + len(fault["hint"]) < 1000


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity"])
@pytest.mark.parametrize("name", ["data.jsonl", "data.json"])
def test_numbers_that_json_has_no_word_for_cost_their_row_alone(corpus_of, value, name):
    corpus = corpus_of(GOOD + b'\n{"text": "t", "n": ' + value + b"}\n" + GOOD, name)
    assert corpus.turns["content"].to_list() == ["good", "good"]
    assert value.decode() in corpus.unreadable["error"][0]


@pytest.mark.parametrize("half", [b"\\ud83d", b"\\udc00", b"\\ud83dx\\udc00"])
def test_half_a_surrogate_pair_costs_its_row_alone(corpus_of, half):
    corpus = corpus_of(GOOD + b'\n{"text": "' + half + b'"}\n' + GOOD)
    assert corpus.examples.height == 2
    assert "surrogate" in corpus.unreadable["error"][0]


def test_null_bytes_and_control_characters_are_text_or_a_reason(corpus_of):
    corpus = corpus_of(GOOD + b'\n{"text": "a\\u0000b"}\n{"text": "a\x00b"}\n\x00\x01\x02\n' + GOOD)
    assert corpus.turns["content"].to_list() == ["good", "a\x00b", "good"]
    assert corpus.unreadable["row"].to_list() == [3, 4]


PEAK = """
    import resource, sys
    from finesift.read import read
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    corpus = read([sys.argv[1]])
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(corpus.examples.height, corpus.unreadable.height, (used.ru_maxrss - before) >> 10, used.ru_utime)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
@pytest.mark.parametrize(
    "row, understood",
    [
        (b'{"text": "' + b"x" * (50 * MEGABYTE) + b'"}', 3),
        (b'{"text": "' + b"x" * (50 * MEGABYTE), 2),
        (b'{"text": "t", "n": [' + b"123456789," * (5 * MEGABYTE) + b"1]}", 3),
    ],
    ids=["a text", "a text that does not end", "a list of numbers"],
)
def test_a_line_of_50_mb_takes_bounded_time_and_memory(tmp_path, row, understood):
    path = tmp_path / "long.jsonl"
    path.write_bytes(GOOD + b"\n" + row + b"\n" + GOOD + b"\n")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PEAK), str(path)], capture_output=True, text=True, check=True
    )
    examples, unreadable, megabytes, seconds = map(float, done.stdout.split())
    assert (examples, unreadable) == (understood, 3 - understood)
    assert megabytes < 1500
    assert seconds < 15


def bomb(size):
    """Lines that are rows, all alike: they pack to nothing."""
    row = b'{"text": "' + b"0" * (MEGABYTE - 13) + b'"}\n'
    return row * (size // MEGABYTE)


def packed_as_zip(data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.jsonl", data)
    return file.getvalue()


@pytest.mark.parametrize(
    "name, pack",
    [
        ("bomb.jsonl.gz", gzip.compress),
        ("bomb.jsonl.zst", lambda data: zstandard.ZstdCompressor().compress(data)),
        ("bomb.zip", packed_as_zip),
    ],
)
def test_a_bomb_stops_at_the_stated_limit(tmp_path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(bomb(96 * MEGABYTE)))
    with pytest.raises(InputError, match="the limit is 200 times its size") as stopped:
        read([path])
    assert "decompression bomb" in str(stopped.value.hint)


def test_whoever_trusts_a_file_may_lift_the_limit(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(bomb(70 * MEGABYTE)))
    assert read([path], unpack_ratio=2000).examples.height == 70


def test_a_bomb_within_a_bomb_is_not_opened(tmp_path):
    path = tmp_path / "twice.jsonl.gz"
    path.write_bytes(gzip.compress(packed_as_zip(GOOD)))
    with pytest.raises(InputError, match="packs a file that is packed itself"):
        read([path])


def test_the_names_in_an_archive_are_data_and_lead_nowhere(tmp_path):
    path = tmp_path / "paths.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.jsonl", GOOD)
    corpus = read([path])
    assert corpus.examples["source"].to_list() == [f"{path}/../../outside.jsonl"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["paths.zip"]


def test_a_saved_data_set_cannot_name_files_elsewhere(tmp_path):
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "../../etc/passwd"}]}')
    with pytest.raises(InputError, match="which is no file or folder in it"):
        read([tmp_path])
