#!/usr/bin/env bash
# Guess: Dataset.map takes what each row needs: nothing in some, a text, a list or another key in others.
# Seen: the first thousand rows decide what a column is. Behind them a text where all were None, a key that is new, half a number
# where all were whole or a message where all lists were empty is an error, and the map is lost.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 pyarrow==26.0.1
cd "$folder"
python - 2>/dev/null <<'PY'
import datasets

datasets.disable_progress_bars()
rows = datasets.Dataset.from_dict({"n": list(range(2500))})

def mapped(early, late, split=1500):
    try:
        return rows.map(lambda row: early if row["n"] < split else late)[2400]
    except Exception as e:
        return type(e).__name__

cases = {
    "none": ({"x": None}, {"x": "Oak."}), "key": ({"x": 1}, {"x": 1, "y": 2}), "number": ({"x": 1}, {"x": 0.5}),
    "list": ({"x": []}, {"x": [{"role": "user"}]}), "inner": ({"x": {"a": 1}}, {"x": {"a": 1, "b": 2}}),
}
seen = {name: (mapped(*both), mapped(*both, split=500)) for name, both in cases.items()}
print(seen)
assert all(isinstance(late, str) for late, _ in seen.values())
assert seen["none"][1]["x"] == "Oak." and seen["list"][1]["x"] == [{"role": "user"}]
PY
