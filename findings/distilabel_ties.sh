#!/usr/bin/env bash
# Guess: two answers of the same rating make no preference pair, and neither does one answer alone.
# Seen: FormatTextGenerationDPO writes a pair: the first answer as the better one and as the worse one.
. "$(dirname "$0")/packages.bash"
packages distilabel==1.5.3 requests==2.34.2
cd "$folder"
python - 2>/dev/null <<'PY'
from distilabel.steps import FormatTextGenerationDPO

def pair(answers, ratings):
    step = FormatTextGenerationDPO()
    step.load()
    row = {"instruction": "A tree?", "generations": answers, "ratings": ratings, "system_prompt": None,
           "generation_models": ["m"] * len(answers)}
    (made,) = next(iter(step.process([row])))
    return made["chosen"][-1]["content"], made["rejected"][-1]["content"]

seen = pair(["Oak.", "Elm."], [3, 3]), pair(["Oak."], [1]), pair(["Oak.", "Elm."], [1, 3])
print(seen)
assert seen == (("Oak.", "Oak."), ("Oak.", "Oak."), ("Elm.", "Oak."))
PY
