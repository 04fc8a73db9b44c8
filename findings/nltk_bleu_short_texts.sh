#!/usr/bin/env bash
# Guess: BLEU of a text with itself is 1.
# Seen: of three words or fewer it is nothing, as no run of four words is there; and two texts, given as texts and not as lists
# of words, are compared letter by letter without a word about it.
. "$(dirname "$0")/packages.bash"
packages nltk==3.10.4
cd "$folder"
python - 2>/dev/null <<'PY'
from nltk.translate.bleu_score import sentence_bleu

def bleu(said):
    return sentence_bleu([said], said)

three, four = bleu("a red fox".split()), bleu("a red fox runs".split())
letters = sentence_bleu(["the cat sat on a mat"], "the mat sat on a cat")
words = sentence_bleu(["the cat sat on a mat".split()], "the mat sat on a cat".split())
print(three, four, letters, words)
assert three < 1e-50 and four == 1 and letters > 0.5 > words
PY
