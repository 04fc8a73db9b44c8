#!/usr/bin/env bash
# Guess: with assistant_only_loss, TRL swaps a known template for a copy that has {% generation %} marks and renders the same.
# Seen: the copies for Qwen3, 3.5, 3.6 and GLM-4.5 write another text: Qwen3's keep the reasoning of earlier turns and put an
# empty <think> block before each earlier answer without one. At inference the model is shown neither.
. "$(dirname "$0")/packages.bash"
packages transformers==5.24.0 jinja2==3.1.6
alone trl==1.16.0
python - 2>/dev/null <<'PY'
import importlib.util
from pathlib import Path
from transformers.utils.chat_template_utils import render_jinja_template

folder = Path(importlib.util.find_spec("trl").submodule_search_locations[0]) / "chat_templates"

def text(name, *messages):
    template = (folder / f"{name}.jinja").read_text("utf-8")
    return render_jinja_template(conversations=[list(messages)], chat_template=template, bos_token="<s>", eos_token="</s>")[0][0]

def chat(**reasoning):
    return [
        {"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"} | reasoning,
        {"role": "user", "content": "Q2"}, {"role": "assistant", "content": "A2"} | reasoning,
    ]

differ = set()
for path in sorted(folder.glob("*_training.jinja")):
    name = path.stem.removesuffix("_training")
    if name != "llava_next":  # it wants pictures
        for row in (chat(), chat(reasoning_content="R")):
            if text(name, *row) != text(path.stem, *row):
                differ.add(name)
stock, training = text("qwen3", *chat()), text("qwen3_training", *chat())
print(sorted(differ), stock, training, sep="\n")
assert differ == {"glm4moe", "qwen3", "qwen3_5_nothink", "qwen3_5_think", "qwen3_6"}
assert stock.count("<think>") == 1 and training.count("<think>") == 2
assert text("qwen3_training", *chat(reasoning_content="R")).count("\nR\n") == 2
PY
