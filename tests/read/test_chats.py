"""The kernel that reads chats: what it takes it reads as the decoder does, and it takes nothing else."""

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.read.conversations.fast_shapes import plan_for
from finesift.read.options import Options
from finesift.read.records.record import line_ends

PLAIN = {
    "id": "row-1",
    "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
    "meta": {"a": [1, 2.50, None], "b": {"c": "x"}},
}
SHARED = {"conversations": [{"from": "human", "value": "q"}, {"value": "a", "from": "gpt"}]}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def plan(record, options=None):
    made = plan_for(record, options or Options())
    assert made is not None and made.chats is not None
    return made


def as_lists(turns):
    return turns and (list(turns.lengths), turns.roles, list(turns.contents), turns.notes, turns.extras)


def both(data, record=PLAIN):
    """What the kernel makes of lines, and what the decoder does."""
    one, ends = plan(record), line_ends(data)
    fast = one.chats.read(data, ends)
    one.chats = None
    return as_lists(fast), as_lists(one.read_lines(data, ends))


@pytest.mark.parametrize("compact", [True, False])
@pytest.mark.parametrize("ascii_only", [True, False])
@given(
    texts=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5),
    meta=st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
        max_leaves=4,
    ),
)
def test_what_is_plain_is_read_as_the_decoder_reads_it(compact, ascii_only, texts, meta):
    lines = [
        json.dumps(
            {
                "id": n,
                "meta": meta,
                "messages": [{"role": "user", "content": q}, {"content": a, "role": "assistant"}],
            },
            ensure_ascii=ascii_only,
            separators=(",", ":") if compact else (" , ", " : "),
        ).encode()
        for n, (q, a) in enumerate(texts)
    ]
    fast, slow = both(b"\n".join(lines))
    if fast is None:
        # A quote before a colon in what is kept as it stands may be a key: both may leave that to others.
        assert b'":' in json.dumps(meta).encode() or b'"' in json.dumps(meta).encode()
    else:
        assert fast[2] == [text for pair in texts for text in pair]
        assert slow is None or fast == slow


def test_roles_of_others_are_read_and_noted():
    fast, slow = both(b"\n".join([json.dumps(SHARED).encode()] * 2), SHARED)
    assert fast == slow
    assert fast[0] == [2, 2]
    assert fast[3][:2] == [
        (0, ("repair", 'role "human" read as user')),
        (0, ("repair", 'role "gpt" read as assistant')),
    ]


ODD = {
    "a key given twice": b'{"id":1,"id":1,"messages":[{"role":"user","content":"q"}],"meta":1}',
    "a key missing": b'{"id":1,"messages":[{"role":"user","content":"q"}]}',
    "a key too many": b'{"id":1,"messages":[{"role":"user","content":"q"}],"meta":1,"x":1}',
    "an escaped key": b'{"id":1,"messages":[{"role":"user","content":"q"}],"m\\u0065ta":1}',
    "a key twice within": b'{"id":1,"messages":[{"role":"user","content":"q"}],"meta":{"a":1,"a":2}}',
    "a role twice": b'{"id":1,"messages":[{"role":"user","role":"user","content":"q"}],"meta":1}',
    "no role": b'{"id":1,"messages":[{"content":"q"}],"meta":1}',
    "an unknown role": b'{"id":1,"messages":[{"role":"owl","content":"q"}],"meta":1}',
    "an escaped role": b'{"id":1,"messages":[{"role":"us\\u0065r","content":"q"}],"meta":1}',
    "no text": b'{"id":1,"messages":[{"role":"user","content":null}],"meta":1}',
    "no messages": b'{"id":1,"messages":[],"meta":1}',
    "a message that is none": b'{"id":1,"messages":[1],"meta":1}',
    "half a surrogate pair": b'{"id":1,"messages":[{"role":"user","content":"\\ud83d"}],"meta":1}',
    "the other half": b'{"id":1,"messages":[{"role":"user","content":"\\ude00"}],"meta":1}',
    "two first halves": b'{"id":1,"messages":[{"role":"user","content":"\\ud83d\\ud83d"}],"meta":1}',
    "half a pair kept": b'{"id":1,"messages":[{"role":"user","content":"q"}],"meta":"\\ud83d"}',
    "a control character": b'{"id":1,"messages":[{"role":"user","content":"a\tb"}],"meta":1}',
    "an escape that is none": b'{"id":1,"messages":[{"role":"user","content":"\\x"}],"meta":1}',
    "a short escape": b'{"id":1,"messages":[{"role":"user","content":"\\u00e"}],"meta":1}',
    "no UTF-8": b'{"id":1,"messages":[{"role":"user","content":"\xe9"}],"meta":1}',
    "a surrogate in UTF-8": b'{"id":1,"messages":[{"role":"user","content":"\xed\xa0\x80"}],"meta":1}',
    "an overlong character": b'{"id":1,"messages":[{"role":"user","content":"\xc0\xaf"}],"meta":1}',
    "no UTF-8 kept": b'{"id":1,"messages":[{"role":"user","content":"q"}],"meta":"\xe9"}',
    "NaN": b'{"id":NaN,"messages":[{"role":"user","content":"q"}],"meta":1}',
    "a number that is none": b'{"id":01,"messages":[{"role":"user","content":"q"}],"meta":1}',
    "brackets that do not match": b'{"id":[1},"messages":[{"role":"user","content":"q"}],"meta":{2]}',
    "no value": b'{"id":,"messages":[{"role":"user","content":"q"}],"meta":1}',
    "a comma too many": b'{"id":1,"messages":[{"role":"user","content":"q"},],"meta":1}',
    "a comma at the end": b'{"id":1,"messages":[{"role":"user","content":"q"}],"meta":1,}',
    "no comma": b'{"id":1 "messages":[{"role":"user","content":"q"}],"meta":1}',
    "more after the end": b'{"id":1,"messages":[{"role":"user","content":"q"}],"meta":1}}',
    "cut off": b'{"id":1,"messages":[{"role":"user","content":"q',
    "a blank line": b"  ",
    "nothing": b"",
}


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_what_is_odd_is_left_to_others(line):
    good = json.dumps(PLAIN).encode()
    made = plan(PLAIN)
    for data in (line, good + b"\n" + line, line + b"\n" + good):
        assert made.chats.read(data, line_ends(data)) is None


def test_a_field_that_is_null_is_absent():
    fast, slow = both(b'{"id":null,"messages":[{"role":"user","content":"q"}],"meta":null}')
    assert fast == slow
    assert fast[4] == {}


def mutated(line, chance):
    data = bytearray(line)
    for _ in range(chance.randint(0, 3)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice([1, 1, 2, 8, 30]))
        match chance.randrange(4):
            case 0:
                data[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end]
            case _:
                data[at:at] = chance.choice(
                    [b'"', b"\\", b"{", b"}", b"]", b",", b"\\u00e9", "é🙂".encode(), b"\\ud83d"]
                )
    return bytes(data).replace(b"\n", b" ")


@pytest.mark.parametrize("inputs", [4_000, pytest.param(200_000, marks=pytest.mark.long)])
def test_whatever_the_bytes_are_both_readers_agree(inputs):
    chance = random.Random(11)
    line, taken = json.dumps(PLAIN).encode(), 0
    for _ in range(inputs):
        data = b"\n".join(mutated(line, chance) for _ in range(chance.randint(1, 2)))
        fast, slow = both(data)
        assert fast is None or fast == slow, data
        taken += fast is not None
    assert taken > inputs / 20


def test_lines_end_at_each_newline_and_at_the_end():
    assert line_ends(b"a\nbc\n\nd").tolist() == [1, 4, 5, 7]
    assert line_ends(b"a\n").tolist() == [1, 2]
    assert line_ends(b"a").dtype == np.int64
