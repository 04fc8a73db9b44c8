#!/usr/bin/env bash
# Guess: packing keeps rows whole: one that is longer than max_length is refused, dropped or split over sequences.
# Seen: with strategy bfd its end is cut off, answer and end token with it, and the rest is trained as if it were whole;
# without packing a row whose answer lies behind max_length is gone, and nothing says how many.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat, sft

long = chat("q", "a long answer that goes on " * 3 + "END")
packed = sft([long, chat("q", "short")], assistant_only_loss=True, packing=True, packing_strategy="bfd", max_length=60)
plain = sft([chat("q" * 80, "lost"), chat("q", "kept")], assistant_only_loss=True, max_length=40)
print(packed, plain)
assert not any("END" in trained for _, trained in packed)
assert any("a long answer" in trained for _, trained in packed)
assert len(plain) == 1 and "kept" in plain[0][1]
PY
