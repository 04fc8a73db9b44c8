#!/usr/bin/env bash
# Guess: axolotl leaves out of the loss what a message excludes: "weight": 0, "train": false or "training": false.
# Seen: none of the three counts until message_field_training names it; then any of them does, and 0 is no.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.16.1 datasets==4.8.4 huggingface_hub==1.17.0 peft==0.20.0 tokenizers==0.23.1 trl==1.16.0 addict==2.4.0 fire==0.7.1 colorama==0.4.6 python-dotenv==1.2.4 einops==0.8.2 posthog==7.91.1 backoff==2.2.1 distro==1.9.0 numba==0.68.1 httpx==0.28.1 requests==2.34.2 pydantic==2.14.4
alone axolotl==0.19.0
cd "$folder"
python - 2>/dev/null <<'PY'
import importlib.machinery
import sys
import types

audio = types.ModuleType("torchaudio")  # imported, and not used for text
audio.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
sys.modules["torchaudio"] = audio

from axolotl.prompt_strategies.chat_template import StrategyLoader
from axolotl.utils.dict import DictDefault
from tiny import CHATML, chat, tokenizer

def trained(row, **settings):
    words = tokenizer()
    words.chat_template = CHATML.replace("{% generation %}", "").replace("{% endgeneration %}", "")
    config = DictDefault({"train_on_inputs": False, "sequence_len": 512, "chat_template": "tokenizer_default"})
    dataset = DictDefault({"type": "chat_template", "field_messages": "messages"} | settings)
    labels = StrategyLoader()(words, config, ds_cfg=dataset).tokenize_prompt(row)["labels"]
    return words.decode([label for label in labels if label != -100])

seen = {}
for key, no in (("weight", 0), ("train", False), ("training", False)):
    row = chat("Nine or ten?", "Nine.", "Sure?", "Ten.")
    row["messages"][1][key] = no
    seen[key] = trained(row), trained(row, message_field_training=key)
print(seen)
assert set(seen.values()) == {("Nine.<|im_end|>Ten.<|im_end|>", "Ten.<|im_end|>")}
PY
