"""What torchtune makes of an export: the data set that its YAML names, with the tokenizer of Qwen2.5, or of Qwen2 where
the model has no marks for tools."""

import json
from pathlib import Path

from omegaconf import OmegaConf
from shared import asked, tell
from torchtune.config import instantiate
from torchtune.models.qwen2._tokenizer import Qwen2Tokenizer
from torchtune.models.qwen2_5._tokenizer import Qwen2_5Tokenizer

model, folder = asked()
given = json.loads(Path(model, "tokenizer.json").read_text("utf-8"))
Path("vocab.json").write_text(json.dumps(given["model"]["vocab"]), "utf-8")
merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in given["model"]["merges"]]
Path("merges.txt").write_text("\n".join(merges) + "\n", "utf-8")
special = {token["content"]: token["id"] for token in given["added_tokens"]}
kind = Qwen2_5Tokenizer if "<tool_call>" in special else Qwen2Tokenizer
tokenizer = kind("vocab.json", "merges.txt", special_tokens=special)
settings = OmegaConf.load("torchtune.yaml").dataset
if "model" in settings:
    settings.model = model
data = instantiate(settings, tokenizer)
rows = (data[number] for number in range(len(data)))
tell((row["tokens"], row["labels"]) for row in rows)
