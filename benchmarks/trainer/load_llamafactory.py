"""What LLaMA-Factory makes of an export by its own YAML: `get_dataset` with the template that it names."""

import importlib
from pathlib import Path

import yaml
from shared import asked, stand_in, tell

stand_in("torchaudio", "av")

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer  # noqa: E402
from llamafactory.hparams import get_train_args  # noqa: E402
from llamafactory.model import load_tokenizer  # noqa: E402

model, folder = asked()
settings = yaml.safe_load(Path("llamafactory.yaml").read_text("utf-8"))
settings.pop("eval_dataset", None)
if settings["template"] == "proved":
    importlib.import_module("llamafactory_train")
settings |= {"model_name_or_path": model, "report_to": "none", "overwrite_cache": True, "bf16": False}
models, datas, training, _, _ = get_train_args(settings)
loaded = load_tokenizer(models)
template = get_template_and_fix_tokenizer(loaded["tokenizer"], datas)
data = get_dataset(template, models, datas, training, stage="sft", **loaded)["train_dataset"]
tell((row["input_ids"], row["labels"]) for row in data)
