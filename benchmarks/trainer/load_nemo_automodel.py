"""What NeMo AutoModel makes of an export: its ChatDataset by the exported YAML, each token labelled with the next."""

from pathlib import Path

import yaml
from nemo_automodel.components.datasets.llm import ChatDataset
from shared import asked, tell
from transformers import AutoTokenizer

IGNORED = -100

model, folder = asked()
settings = yaml.safe_load(Path("automodel.yaml").read_text("utf-8"))["dataset"]
settings.pop("_target_")
data = ChatDataset(tokenizer=AutoTokenizer.from_pretrained(model), **settings)
rows = (data[number] for number in range(len(data)))
tell(([*row["input_ids"], row["labels"][-1]], [IGNORED, *row["labels"]]) for row in rows)
