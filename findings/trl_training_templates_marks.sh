#!/usr/bin/env bash
# Guess: the {% generation %} marks in TRL's training templates hold what the model writes after the generation prompt.
# Seen: for gpt-oss the prompt's <|start|>assistant is trained too, for Qwen2.5 its line break, for Qwen3.8 and Nemotron 3 its
# <think>; for Phi-3 the end of the document behind the last turn is; for Gemma and many more the line break behind each turn.
. "$(dirname "$0")/packages.bash"
packages transformers==5.24.0 jinja2==3.1.6
alone trl==1.16.0
python - 2>/dev/null <<'PY'
import importlib.util
from pathlib import Path
from transformers.utils.chat_template_utils import render_jinja_template

folder = Path(importlib.util.find_spec("trl").submodule_search_locations[0]) / "chat_templates"
row = [
    {"role": "user", "content": "Q"},
    {"role": "assistant", "content": "A", "reasoning_content": "R"},
]

def render(name, messages, **settings):
    template = (folder / f"{name}.jinja").read_text("utf-8")
    texts, spans = render_jinja_template(
        conversations=[messages], chat_template=template, return_assistant_tokens_mask=True, bos_token="<s>",
        eos_token="</s>", **settings,
    )
    return texts[0], spans[0]

given, behind = {}, {}
for path in sorted(folder.glob("*_training.jinja")):
    name = path.stem.removesuffix("_training")
    if name != "llava_next":  # it wants pictures
        text, spans = render(path.stem, row)
        prompt = render(name, row[:1], add_generation_prompt=True)[0]
        given[name] = text[spans[0][0] : len(prompt)] if text.startswith(prompt) else None
        behind[name] = text[spans[-1][0] : spans[-1][1]]
trained = {name: part for name, part in given.items() if part}
print(trained, behind["phi3"], repr(behind["gemma"]))
assert trained["gptoss"] == "<|start|>assistant" and trained["qwen2_5"] == "\n"
assert trained["qwen3_8"] == trained["nemotron_3_nano"] == "<think>\n"
assert behind["phi3"] == "</s>" and behind["gemma"].endswith("<end_of_turn>\n")
PY
