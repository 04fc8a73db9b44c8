"""What LitGPT makes of an export: the batches of its data module, one row each."""

import importlib
from pathlib import Path

from litgpt.data import JSON
from litgpt.tokenizer import Tokenizer
from shared import asked, tell

STYLES = {"qwen3": "qwen3", "SmolLM2-Instruct": "smollm2"}

model, folder = asked()
if Path("proved.py").exists():
    module = importlib.import_module("proved").Proved()
else:
    if not Path("val.json").exists():  # the module wants both
        Path("val.json").write_bytes(Path("train.json").read_bytes())
    module = JSON(Path(), mask_prompt=True, prompt_style=STYLES[Path(model).name], num_workers=0)
module.connect(Tokenizer(model), batch_size=1, max_seq_length=None)
module.setup()
tell((batch["input_ids"][0], batch["labels"][0]) for batch in module.train_dataloader())
