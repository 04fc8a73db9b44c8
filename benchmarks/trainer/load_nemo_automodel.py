"""What NeMo AutoModel makes of an export: its ChatDataset by the exported YAML."""

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


def sequence(row):
    """Each token is labelled with the next; the last one is told by its label alone, and is white space without."""
    ids, labels = list(row["input_ids"]), [IGNORED, *row["labels"]]
    return ([*ids, labels[-1]], labels) if labels[-1] != IGNORED else (ids, labels[:-1])


tell(sequence(data[number]) for number in range(len(data)))
