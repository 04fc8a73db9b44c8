#!/usr/bin/env bash
# Guess: of two columns that both look like the answer ("answer" and "solution", or "answer" and "text"), ms-swift reads one.
# Seen: it reads neither, and the row stays, as a conversation that ends with the question; two columns that look like the
# question ("prompt" and "question") leave an answer without one. A column that has the name itself ("response") is read.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.19.0 datasets==4.8.4 peft==0.20.0 trl==0.29.0 dacite==1.9.2 json-repair==0.64.6 addict==2.4.0 modelscope==1.40.2 pillow==13.0.0 aiohttp==3.14.5
alone ms-swift==4.6.0
cd "$folder"
python - 2>/dev/null <<'PY'
import json
from swift.dataset import load_dataset

def roles(row):
    with open("rows.jsonl", "w") as f:
        f.write(json.dumps(row) + "\n")
    messages = load_dataset(["rows.jsonl"], shuffle=False)[0][0]["messages"]
    return [(message["role"], message["content"]) for message in messages]

question, answer = ("user", "Name a tree."), ("assistant", "Oak.")
seen = {
    "one": roles({"question": "Name a tree.", "answer": "Oak."}),
    "solution": roles({"question": "Name a tree.", "answer": "Oak.", "solution": "It has acorns, so it is an oak."}),
    "text": roles({"question": "Name a tree.", "answer": "Oak.", "text": "Trees of the park"}),
    "prompt": roles({"prompt": "Name a tree.", "question": "Which tree?", "output": "Oak."}),
    "response": roles({"query": "Name a tree.", "response": "Oak.", "answer": "An oak."}),
}
print(seen)
assert seen["one"] == seen["response"] == [question, answer]
assert seen["solution"] == seen["text"] == [question] and seen["prompt"] == [answer]
PY
