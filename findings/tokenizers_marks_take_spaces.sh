#!/usr/bin/env bash
# Guess: an end mark takes no characters but its own; what stands behind it is tokenised.
# Seen: with rstrip=True, as Phi-3's end marks have it, all line breaks and spaces behind the mark belong to it: texts with
# and without them are the same ids, and the template's line breaks never reach the model. lstrip does it before the mark.
. "$(dirname "$0")/packages.bash"
packages tokenizers==0.23.3
python - <<'PY'
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

def ids(text, **settings):
    vocab = {sign: number for number, sign in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens([AddedToken("<|end|>", special=True, **settings)])
    return tokenizer.encode(text).ids

breaks, none = "Oak.<|end|>\n\n    ok", "Oak.<|end|>ok"
print(len(ids(breaks)), len(ids(breaks, rstrip=True)), len(ids(none)))
assert ids(breaks, rstrip=True) == ids(none, rstrip=True) != ids(breaks)
assert ids("Oak. \n<|end|>", lstrip=True) == ids("Oak.<|end|>", lstrip=True)
PY
