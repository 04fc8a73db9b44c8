"""What ms-swift makes of an export: its data loader, and `Template.encode` for each row."""

import importlib
from pathlib import Path

from shared import asked, tell
from swift import get_processor, get_template
from swift.dataset import load_dataset

MODELS = {"qwen3": ("qwen3", "qwen3"), "SmolLM2-Instruct": ("llama", "chatml")}

model, folder = asked()
kind, template_type = MODELS[Path(model).name]
if Path("proved.py").exists():
    importlib.import_module("proved")
    template_type = "proved"
processor = get_processor(model, model_type=kind, download_model=False)
template = get_template(processor, template_type=template_type, max_length=None, loss_scale="default")
template.set_mode("train")
data, _ = load_dataset([str(folder / "train.jsonl")], strict=True, shuffle=False)
tell((made["input_ids"], made["labels"]) for made in map(template.encode, data))
