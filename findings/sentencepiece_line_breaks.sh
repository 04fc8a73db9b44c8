#!/usr/bin/env bash
# Guess: a text comes back from a sentencepiece model that was trained with the defaults, with its line breaks and spaces.
# Seen: line breaks, tabs and double spaces are one space before anything else, so a list and a sentence, indented code and flat
# code are the same ids; ligatures and full-width letters are normalised, and spaces at either end are gone.
. "$(dirname "$0")/packages.bash"
packages sentencepiece==0.2.3
cd "$folder"
python - 2>/dev/null <<'PY'
import io
import random

import sentencepiece

chance, model = random.Random(0), io.BytesIO()
words = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 6))) for _ in range(200)]
lines = (" ".join(chance.choices(words, k=12)) for _ in range(500))
sentencepiece.SentencePieceTrainer.train(sentence_iterator=lines, model_writer=model, vocab_size=120, minloglevel=2)
pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
seen = {text: pieces.decode(pieces.encode(text)) for text in ("ab\ncd", "ab\n    cd", "ab\tcd", " ab ")}
print(seen)
assert seen == {"ab\ncd": "ab cd", "ab\n    cd": "ab cd", "ab\tcd": "ab cd", " ab ": "ab"}
assert pieces.encode("ab\n\n  cd") == pieces.encode("ab cd")
PY
