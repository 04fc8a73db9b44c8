"""What axolotl makes of an export by its own YAML: reading, rendering, masking, and leaving out what is too long."""

from pathlib import Path

import yaml
from shared import asked, stand_in, tell

stand_in("torchaudio")


def main() -> None:
    from axolotl.utils.data.sft import _load_and_prepare_datasets
    from axolotl.utils.dict import DictDefault
    from transformers import AutoTokenizer

    model, folder = asked()
    settings = yaml.safe_load(Path("axolotl.yaml").read_text("utf-8"))
    settings |= {
        "base_model": model,
        "dataset_prepared_path": str(folder / "prepared"),
        "dataset_num_proc": 1,
    }
    tokenizer = AutoTokenizer.from_pretrained(model)
    data, _, _ = _load_and_prepare_datasets(tokenizer, DictDefault(settings), split="train", processor=None)
    tell((row["input_ids"], row["labels"]) for row in data)


if __name__ == "__main__":  # it starts processes, which read this file again
    main()
