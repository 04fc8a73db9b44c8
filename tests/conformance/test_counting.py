"""Counting in pieces gives what encoding whole texts gives, with real tokenizers on real text."""

import pytest

from finesift.chat.tokenizer import load_tokenizer
from finesift.read import read

pytestmark = pytest.mark.long

SETS = ["sft/lima/lima.json", "sft/llamafactory/alpaca_zh_demo.json", "sft/codealpaca/code_alpaca_2k.json"]


@pytest.mark.parametrize("name", [None, "qwen3", "llama3_1", "deepseek_v3"])
def test_counts_equal_the_lengths_of_encodings(data_folder, name):
    tokenizer = load_tokenizer(name and str(data_folder / "tokenizer_files" / name))
    corpus = read([data_folder / file for file in SETS])
    texts = corpus.turns["content"].drop_nulls().to_list()
    assert tokenizer.count(texts).tolist() == [len(ids) for ids in tokenizer.encode(texts)]
