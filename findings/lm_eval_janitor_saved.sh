#!/usr/bin/env bash
# Guess: the n-grams that lm-eval's Janitor saves find the same when they are loaded again.
# Seen: the file holds its own name instead of them; loaded, it finds nothing, and every text counts as clean.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 numpy==2.3.5 tqdm==4.70.1
alone lm-eval==0.4.13
cd "$folder"
python - 2>/dev/null <<'PY'
import importlib.util
from pathlib import Path

place = Path(importlib.util.find_spec("lm_eval").submodule_search_locations[0]) / "decontamination" / "janitor.py"
spec = importlib.util.spec_from_file_location("janitor", place)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

task = "If three painters need six days for one house, how many days do nine painters need for two?"
made, loaded = module.Janitor(), module.Janitor()
made.register_contaminant(task)
made.save_contamination_ngrams("tasks.pickle")
loaded.load_contamination_ngrams("tasks.pickle")
text = f"{task} {task} {task}" + " Here it ends." * 20
print(len(made.dirt_ngrams), repr(loaded.dirt_ngrams), len(made.clean(text)), len(loaded.clean(text)))
assert loaded.dirt_ngrams == "tasks.pickle"
assert made.clean(text) == [] and loaded.clean(text) == [text]
PY
