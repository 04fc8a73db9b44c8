#!/usr/bin/env bash
# Guess: WordPiece, the tokenizer of BERT, MiniLM and most sentence models, splits a long word into pieces.
# Seen: a word of more than 100 characters is one [UNK]: any two long keys, base64 strings, or sentences of a script that
# writes no spaces and is not split by character, as Thai, are the same ids, so their vectors are equal.
. "$(dirname "$0")/packages.bash"
packages tokenizers==0.23.3
python - <<'PY'
from tokenizers import BertWordPieceTokenizer

signs = sorted(set("abกขคง"))
vocab = {word: number for number, word in enumerate(["[UNK]", *signs, *(f"##{sign}" for sign in signs)])}
tokenizer = BertWordPieceTokenizer(vocab, sep_token="[UNK]", cls_token="[UNK]", mask_token="[UNK]", pad_token="[UNK]")

def tokens(text):
    return tokenizer.encode(text, add_special_tokens=False).tokens

print(len(tokens("ab" * 50)), tokens("ab" * 51), tokens("ba" * 51), tokens("กข" * 51), tokens("คง" * 51))
assert len(tokens("ab" * 50)) == 100
assert tokens("ab" * 51) == tokens("ba" * 51) == tokens("กข" * 51) == tokens("คง" * 51) == ["[UNK]"]
PY
