#!/usr/bin/env bash
# Guess: two sums with different numbers are different texts.
# Seen: before comparing, every number becomes 0 and every accent goes, so of arithmetic, dates and prices that share their
# wording one row stays; Hindi words that differ in a vowel sign and Japanese か and が are the same.
. "$(dirname "$0")/packages.bash"
packages datatrove==0.10.1 spacy==3.8.18 xxhash==3.6.1 regex==2026.11.19 tokenizers==0.23.3 orjson==3.13.0
cd "$folder"
python - 2>/dev/null <<'PY'
from datatrove.utils.text import simplify_text
from tiny_datatrove import kept

left = kept(["Ann has 3 apples and buys 12 more, so she now has 15.", "Ann has 7 apples and buys 40 more, so she now has 47."])
plain = [simplify_text(text) for text in ("कु", "के", "か", "が", "12.5")]
print(left, plain)
assert len(left) == 1
assert plain[0] == plain[1] and plain[2] == plain[3] and plain[4] == "0"
PY
