#!/usr/bin/env bash
# Guess: a CSV column of answers is text.
# Seen: the answers None, NA and null are missing values; 007 and 7 are both 7 unless another row of the file is a word.
. "$(dirname "$0")/packages.bash"
packages datasets==5.2.0 pandas==3.1.1
cd "$folder"
printf 'prompt,completion\nWhat did he find?,None\nSalt in short?,NA\nNothing in SQL?,null\nAgent?,007\n' > words.csv
printf 'prompt,completion\nAgent?,007\nDays?,7\n' > numbers.csv
python - <<'PY'
from datasets import load_dataset

words = load_dataset("csv", data_files="words.csv", split="train")["completion"][:]
numbers = load_dataset("csv", data_files="numbers.csv", split="train")["completion"][:]
print(words, numbers)
assert words[:3] == [None, None, None]
assert numbers == [7, 7]
PY
