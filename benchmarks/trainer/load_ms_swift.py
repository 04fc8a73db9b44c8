"""What ms-swift makes of an export: its data loader, and `Template.encode` for each row."""

import importlib
from pathlib import Path

from shared import asked, tell
from swift import get_processor, get_template
from swift.dataset import load_dataset

MODELS = {"qwen3": "qwen3", "SmolLM2-Instruct": "llama"}

model, folder = asked()
importlib.import_module("ms_swift_rows")  # as --external_plugins does
processor = get_processor(model, model_type=MODELS[Path(model).name], download_model=False)
template = get_template(processor, template_type="proved", max_length=None, loss_scale="default")
template.set_mode("train")
data, _ = load_dataset(["train.jsonl"], strict=True, shuffle=False, load_from_cache_file=False)
tell((made["input_ids"], made["labels"]) for made in map(template.encode, data))
