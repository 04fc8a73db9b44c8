import numpy as np
import orjson
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, normalizers, pre_tokenizers

from finesift.chat.count import Counter
from finesift.data import tokenizer_folder

FILE = tokenizer_folder() / "tokenizer.json"
SETTINGS = orjson.loads(FILE.read_bytes())
BACKEND = tokenizers.Tokenizer.from_file(str(FILE))
CHECKED = Counter(BACKEND, SETTINGS)
CHECKED.count(["some text"])

# Text that is all edges: what pre-tokenizers tell apart, in any order.
SNIPPETS = (
    *(
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\u00a0",
        "\u2003",
        "\u3000",
        "a",
        "Word",
        "é",
        "e\u0301",
        "中文",
        "ไทย",
    ),
    *("12", "3", ".", ",", "!", "'s", "'", '"', "(", ")", "—", "😀", "\u200d", "_", "\x00"),
    *("<|im_start|>", "<|im_end|>", "<|"),
)
snippets = st.sampled_from(SNIPPETS) | st.text(max_size=3)
texts = st.lists(st.lists(snippets, max_size=30).map("".join), min_size=1, max_size=8)


def whole(backend, found) -> list[int]:
    return [len(e) for e in backend.encode_batch(found, add_special_tokens=False)]


def changed(**parts) -> tuple[tokenizers.Tokenizer, dict]:
    """The packaged tokenizer with another normalizer or pre-tokenizer, or a further token."""
    backend = tokenizers.Tokenizer.from_file(str(FILE))
    for name, part in parts.items():
        if name == "token":
            backend.add_special_tokens([part])
        else:
            setattr(backend, name, part)
    return backend, orjson.loads(backend.to_str())


def test_the_packaged_tokenizer_is_counted_in_pieces():
    assert Counter(BACKEND, SETTINGS).in_pieces


@settings(max_examples=400, deadline=None)
@given(texts)
def test_pieces_add_up_to_the_whole(found):
    assert CHECKED.count(found).tolist() == whole(BACKEND, found)
    assert CHECKED.in_pieces


@pytest.mark.parametrize(
    "parts",
    [
        {"normalizer": normalizers.Sequence([normalizers.Prepend("_")])},
        {"normalizer": normalizers.Strip()},
        {"pre_tokenizer": pre_tokenizers.Metaspace()},
        {"pre_tokenizer": pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)},
        {"token": AddedToken("<|end|>", rstrip=True)},
        {"token": AddedToken("two words")},
        {"token": AddedToken("e.g")},
    ],
    ids=str,
)
def test_a_tokenizer_that_reaches_over_a_cut_is_counted_whole(parts):
    backend, settings = changed(**parts)
    counter = Counter(backend, settings)
    assert not counter.in_pieces
    found = ["two words <|end|>  e.g. this", "", "a b"]
    assert counter.count(found).tolist() == whole(backend, found)


def test_a_sample_that_disagrees_ends_counting_in_pieces():
    counter = Counter(BACKEND, SETTINGS)
    counter._by_pieces = lambda texts: np.zeros(len(texts), np.uint32)
    assert counter.count(["some text", "more"]).tolist() == whole(BACKEND, ["some text", "more"])
    assert not counter.in_pieces


def test_memory_for_pieces_is_bounded(monkeypatch):
    monkeypatch.setattr("finesift.chat.count._MOST", 10)
    counter = Counter(BACKEND, SETTINGS)
    for n in range(5):
        found = [f"{n}{k} word{k} " * 3 for k in range(6)]
        assert counter.count(found).tolist() == whole(BACKEND, found)


def test_nothing_has_no_tokens():
    assert CHECKED.count([]).tolist() == []
    assert CHECKED.count(["", "", "a"]).tolist() == [0, 0, 1]
