#!/usr/bin/env bash
# Guess: fine-tuning with LitGPT's --data JSON trains answers; a row whose prompt fills the sequence is left out.
# Seen: mask_prompt is off for data modules (and on for the data set class beneath them), so prompts are trained; with it
# on, a prompt that fills max_seq_length leaves a row of which nothing is trained.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.23.0 datasets==5.2.0 lightning==2.6.5 torchmetrics==1.9.0 jsonargparse==4.41.0 docstring-parser==0.18.0 typeshed-client==2.15.0 importlib-resources==7.1.0 psutil==7.2.2
alone litgpt==0.5.13
cd "$folder"
python - 2>/dev/null <<'PY'
import json
from pathlib import Path
import torch
from litgpt.data import JSON
from litgpt.data.base import SFTDataset

class Bytes:
    """A tokenizer of bytes, with what LitGPT asks of one."""

    def encode(self, text, device=None, bos=None, eos=False, max_length=-1):
        ids = [*text.encode(), *([0] if eos else [])]
        return torch.tensor(ids if max_length < 0 else ids[:max_length], dtype=torch.int)

rows = [{"instruction": "Name a tree.", "input": "", "output": "Oak."}]
Path("train.json").write_text(json.dumps(rows))
Path("val.json").write_text(json.dumps(rows))

def trained(limit=None, **settings):
    data = JSON(Path(), num_workers=0, **settings)
    data.connect(Bytes(), batch_size=1, max_seq_length=limit)
    data.setup()
    labels = next(iter(data.train_dataloader()))["labels"][0].tolist()
    return bytes(label for label in labels if label > 0).decode()

plain, masked, cut = trained(), trained(mask_prompt=True), trained(mask_prompt=True, limit=20)
print(repr(plain), repr(masked), repr(cut))
assert "Name a tree." in plain and masked == "Oak." and cut == ""
PY
