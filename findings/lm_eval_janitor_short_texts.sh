#!/usr/bin/env bash
# Guess: decontamination cuts what was found out of a text, and leaves a clean text as it is.
# Seen: lm-eval's Janitor also drops each clean piece of 200 characters or fewer, so a short clean text comes back as nothing;
# and around what it finds it takes 200 characters on each side.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 numpy==2.3.5 tqdm==4.70.1
alone lm-eval==0.4.13
cd "$folder"
python - 2>/dev/null <<'PY'
import importlib.util
from pathlib import Path

# The module alone: the package wants every metric's library at import.
place = Path(importlib.util.find_spec("lm_eval").submodule_search_locations[0]) / "decontamination" / "janitor.py"
spec = importlib.util.spec_from_file_location("janitor", place)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

task = "If three painters need six days for one house, how many days do nine painters need for two?"
janitor = module.Janitor()
janitor.register_contaminant(task)
short, before, after = "Name a tree.", "Good morning to you. " * 20, " Thank you very much." * 20
clean, cut = janitor.clean(short), janitor.clean(before + task + after)
print(clean, [len(piece) for piece in cut], len(before), len(after))
assert clean == []
assert [len(before) - len(cut[0]), len(after) - len(cut[1])] == [200, 200]
PY
