#!/usr/bin/env bash
# Guess: a row that has "messages" and "prompt"/"completion" is refused, or its messages are trained.
# Seen: prompt and completion are trained, the messages ignored; of "messages" and "text" it is the other way round. And whether the
# completion gets an end token differs from process to process, on the same data: TRL asks one column whether the row is a
# conversation, and which one follows from Python's hash seed.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
seed() { # the first hash seed under which a set of the three names gives up, or does not give up, "messages" first
  local n
  for n in $(seq 0 99); do
    [ "$(PYTHONHASHSEED=$n python -c 'names = {name for name in ["messages", "prompt", "completion"]}; print(names.pop() == "messages")')" = "$1" ] && break
  done
  echo "$n"
}
cat > rows.py <<'PY'
from tiny import chat, sft

both = sft([chat("m", "n") | {"prompt": "p", "completion": "c"}])[0][0]
text = sft([chat("m", "n") | {"text": "plain"}])[0][0]
print(both)
assert "plain" not in text
PY
asked_messages=$(PYTHONHASHSEED=$(seed True) python rows.py 2>/dev/null)
asked_another=$(PYTHONHASHSEED=$(seed False) python rows.py 2>/dev/null)
echo "asked the messages: $asked_messages; asked another column: $asked_another"
[ "$asked_messages" = "pc" ] && [ "$asked_another" = "pc<|im_end|>" ]
