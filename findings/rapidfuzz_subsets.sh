#!/usr/bin/env bash
# Guess: token_set_ratio says how alike two texts are; a short text and a long one that holds its words are not the same.
# Seen: 100, as for a copy, whatever the long one says besides: "not" counts for nothing. partial_ratio is 100 for one letter.
# Two empty texts are 100 for ratio, 0 for token_set_ratio and WRatio.
. "$(dirname "$0")/packages.bash"
packages rapidfuzz==3.14.6
cd "$folder"
python - 2>/dev/null <<'PY'
from rapidfuzz import fuzz

asked, denied = "refund the kettle", "do not refund the kettle but send another one, the lid was broken"
seen = {
    "subset": fuzz.token_set_ratio(asked, denied),
    "not": fuzz.token_set_ratio("the order was paid", "the order was not paid"),
    "letter": fuzz.partial_ratio("a", "a kettle with a broken lid"),
    "empty": (fuzz.ratio("", ""), fuzz.token_set_ratio("", ""), fuzz.WRatio("", "")),
}
print(seen)
assert seen == {"subset": 100, "not": 100, "letter": 100, "empty": (100, 0, 0)}
PY
