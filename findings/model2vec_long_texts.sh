#!/usr/bin/env bash
# Guess: a static model has no limit of length: the vector of a long text is the mean of all its tokens.
# Seen: encode looks at the first 512 tokens and cuts by characters before that, at 512 times the median length of a token:
# what differs later is equal, and a long unknown word at the beginning leaves nothing but zeros. max_length=None lifts it.
. "$(dirname "$0")/packages.bash"
packages model2vec==0.10.0 tokenizers==0.23.3
python - 2>/dev/null <<'PY'
import numpy as np
from model2vec import StaticModel
from tokenizers import Tokenizer, models, pre_tokenizers

vocab = {word: number for number, word in enumerate(["[UNK]", "[PAD]", "oak", "elm", "tree"])}
tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
encode = StaticModel(np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32), tokenizer, normalize=True).encode

long, longer = "oak " * 512, "oak " * 512 + "elm " * 2000
cut, whole = float(encode(long) @ encode(longer)), float(encode(long) @ encode(longer, max_length=None))
key = encode("x" * 5000 + " tree")
print(round(cut, 3), round(whole, 3), key.tolist())
assert cut > 0.999 and whole < 0.5 and not key.any()
PY
