#!/usr/bin/env bash
# Guess: fix_text repairs mojibake and leaves well-formed text alone.
# Seen: by default it also straightens curly quotes, splits ligatures, narrows full-width digits and turns U+2028
# into a line break, in code and translations too.
. "$(dirname "$0")/packages.bash"
packages ftfy==6.3.1
python - <<'PY'
from ftfy import fix_text

text = "Schreib „so“ oder “so”: ﬁn １２\u2028Ende"
fixed = fix_text(text)
print(repr(fixed))
assert '"so"' in fixed and "fin 12" in fixed and "\u2028" not in fixed
PY
