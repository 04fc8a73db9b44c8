"""Whatever the bytes are: no crash, no hang, and every row is either understood or kept with the reason."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finesift.errors import InputError
from finesift.read import read
from finesift.read.conversations.layouts import layouts

SEEDS = [
    {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "id": 7},
    {
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "q"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"x": 1.0}'}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "42"},
            {"role": "assistant", "reasoning_content": "hm", "content": "é 🙂", "weight": 0},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"x": None}}}],
    },
    {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], "tools": "[]"},
    {"instruction": "i", "input": "x", "output": "o", "history": [["q", "a"]], "system": "s"},
    {"prompt": "p", "completion": "c", "label": True},
    {"prompt": "p", "chosen": [{"role": "assistant", "content": "c"}], "rejected": "r", "score": 0.5},
    {"chosen": "\n\nHuman: q\n\nAssistant: a", "rejected": "\n\nHuman: q\n\nAssistant: b"},
    {"text": "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n"},
    {"prompt": {"text": "q", "role": "prompter", "replies": [{"text": "a", "role": "assistant", "rank": 0}]}},
    {"question": "q", "context": "c", "response": "<think>t</think>a", "n": 12345678901234567890123},
]
MEDIA = [
    {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}, {"type": "text", "text": "q"}]},
                  {"role": "assistant", "content": "a"}], "images": ["b.png"]},
    {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}, {"text": "q"}]},
                  {"role": "model", "parts": [{"text": "a"}]}]},
]  # fmt: skip
LAID_OUT = [*SEEDS, *MEDIA, *(known.reads for known in layouts())]
ODD = [
    None,
    True,
    0,
    -1.5,
    10**30,
    "",
    " ",
    "x" * 300,
    "[",
    "{}",
    '[{"role": "user"}]',
    [],
    [[]],
    {},
    {"role": 3},
    [None],
    "\ud83d",
]
NAMES = ["data.jsonl", "data.json", "data.csv", "data.tsv", "data.txt", "data"]
# Pieces that parsers stumble over.
PIECES = [
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\\ud83d",
]
PIECES += [
    b"null",
    b"NaN",
    b"1e999",
    b"-0",
    b'""',
    b"{}",
    b"[]",
    b"true",
    b"9" * 30,
    b'"role":',
    b"[" * 1200,
    b"\t",
]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "from", "value", "text", "type", "x"]), inner)
    ),
    max_leaves=8,
)
RECORDS = st.dictionaries(
    st.sampled_from(sorted({name for seed in SEEDS for name in seed} | {"x", "function", "kto_tag"})),
    VALUES,
    max_size=5,
)


def mutated(data, chance):
    """The bytes with up to eight edits: bytes changed, ranges left out or repeated, pieces put in."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice([1, 1, 2, 5, 20, 100]))
        match chance.randrange(5):
            case 0:
                data[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end]
            case _:
                data[at:at] = chance.choice(PIECES)
    return bytes(data)


def holds_together(path):
    """Reads the file; a file that cannot be read at all says so, and no other error comes out."""
    try:
        corpus = read([path])
    except InputError:
        return None
    assert corpus.originals["example"].equals(corpus.examples["example"])
    assert set(corpus.turns["example"]) <= set(corpus.examples["example"])
    assert corpus.examples["id"].n_unique() == corpus.examples.height
    assert corpus.unreadable["error"].str.len_chars().min() != 0
    assert all(len(error) < 1000 for error in corpus.unreadable["error"])
    for extra in corpus.examples["extra"].drop_nulls():
        assert isinstance(json.loads(extra), dict)
    return corpus


def fuzz(path, inputs, seed):
    """Reads mutated files of some rows each; of JSON lines, every line that is not blank is one row."""
    chance = random.Random(seed)
    rows = [json.dumps(seed, ensure_ascii=chance.random() < 0.5).encode() for seed in LAID_OUT]
    for number in range(inputs):
        chosen = chance.sample(rows, chance.randint(1, 3))
        lines = [mutated(row, chance) if chance.random() < 0.8 else row for row in chosen]
        if number % 2:
            # The first row says what the file is.
            lines = [rows[0], *(line.replace(b"\n", b"").replace(b"\r", b"") for line in lines)]
            target = path / "data.jsonl"
            target.write_bytes(b"\n".join(lines))
            corpus = holds_together(target)
            assert corpus is not None
            assert corpus.rows == sum(bool(line.strip()) for line in lines), (seed, number)
            assert set(corpus.examples["row"]).isdisjoint(corpus.unreadable["row"])
        else:
            target = path / chance.choice(NAMES)
            whole = (
                mutated(b"[" + b",".join(lines) + b"]", chance)
                if chance.random() < 0.4
                else b"\n".join(lines)
            )
            target.write_bytes(whole)
            holds_together(target)


def bent(value, names, chance, rate=0.15):
    """The value with parts of it replaced by what does not belong there, left out, doubled or under another name."""
    if chance.random() < rate:
        return chance.choice(ODD)
    if isinstance(value, dict):
        kept = [(name, inner) for name, inner in value.items() if chance.random() > rate / 2]
        return {
            chance.choice(names) if chance.random() < rate / 2 else name: bent(inner, names, chance, rate)
            for name, inner in kept
        }
    if isinstance(value, list):
        kept = [inner for inner in value for _ in range(chance.choice([0, 1, 1, 1, 1, 1, 1, 2]))]
        return [bent(inner, names, chance, rate) for inner in kept]
    return value


def names_in(value):
    if isinstance(value, dict):
        return {name for key, inner in value.items() for name in (key, *names_in(inner))}
    return {name for inner in value for name in names_in(inner)} if isinstance(value, list) else set()


@pytest.mark.parametrize("seed", range(10))
def test_twenty_thousand_bent_rows_of_every_layout_are_understood_or_refused(tmp_path, seed):
    chance, names = random.Random(seed), sorted(names_in(LAID_OUT))
    rows = [bent(chance.choice(LAID_OUT), names, chance, chance.choice([0.03, 0.15])) for _ in range(2000)]
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [SEEDS[0], *rows]))
    corpus = holds_together(path)
    assert corpus is not None and corpus.rows == 2001
    assert (corpus.unreadable["hint"].str.len_chars() > 0).all(), (
        corpus.unreadable.filter(corpus.unreadable["hint"] == "")["error"].unique().to_list()
    )


@pytest.mark.parametrize("seed", range(4))
def test_rows_in_are_rows_understood_and_rows_unreadable(tmp_path, seed):
    fuzz(tmp_path, 100, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_twenty_thousand_mutations_neither_crash_nor_lose_a_row(tmp_path, seed):
    fuzz(tmp_path, 2000, seed)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(RECORDS, min_size=1, max_size=4))
def test_records_of_any_fields_and_types_are_understood_or_refused(tmp_path, records):
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    corpus = holds_together(path)
    assert corpus is not None
    assert corpus.rows == len(records)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), name=st.sampled_from(NAMES))
def test_bytes_of_any_kind_are_rows_or_no_data(tmp_path, data, name):
    path = tmp_path / name
    path.write_bytes(data)
    holds_together(path)
