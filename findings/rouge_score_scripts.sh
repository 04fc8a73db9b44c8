#!/usr/bin/env bash
# Guess: ROUGE-L of a text with itself is 1.
# Seen: 0 for Chinese, Cyrillic and any script but ASCII letters and digits, so a Self-Instruct filter ("refuse above
# 0.7") never refuses a copy there.
. "$(dirname "$0")/packages.bash"
packages rouge-score==0.1.2
python - <<'PY'
from rouge_score.rouge_scorer import RougeScorer

score = RougeScorer(["rougeL"]).score
seen = {t: score(t, t)["rougeL"].fmeasure for t in ("Name a tree.", "写一首关于橡树的诗。", "Назови дерево.")}
print(seen)
assert list(seen.values()) == [1.0, 0, 0]
PY
