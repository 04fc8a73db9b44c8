"""How LitGPT reads the rows: `--data litgpt_rows.Proved`; PYTHONPATH=. lets it find this file."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from litgpt.data import DataModule, get_sft_collate_fn
from proved import rows
from torch.utils.data import DataLoader

MODEL = "MODEL"


def loaded(file, model):
    """The rows of a file. model: the folder of its tokenizer, which is asked only where the rows are messages."""
    file, tokenizer = Path(file), None
    if file.exists() and b'"input_ids"' not in file.read_bytes()[:100]:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(model)
    return [
        {
            "input_ids": torch.tensor(row["input_ids"]),
            "labels": torch.tensor(row["labels"]),
            "token_counts": dict.fromkeys(("raw", "raw_plus_prompt_template"), len(row["input_ids"])),
        }
        for row in rows(file, tokenizer)
    ]


@dataclass
class Proved(DataModule):
    folder: Path = Path()
    model: str = MODEL
    seed: int = 42
    batch_size: int = field(default=1, init=False, repr=False)
    max_seq_length: int = field(default=-1, init=False, repr=False)

    def __post_init__(self):
        super().__init__()

    def connect(self, tokenizer=None, batch_size=1, max_seq_length=None):
        self.batch_size = batch_size
        self.max_seq_length = max_seq_length or -1

    def loader(self, name, shuffle):
        order = torch.Generator().manual_seed(self.seed) if shuffle else None
        together = get_sft_collate_fn(max_seq_length=self.max_seq_length)
        data = loaded(self.folder / name, self.model)
        return DataLoader(data, self.batch_size, shuffle=shuffle, generator=order, collate_fn=together)

    def train_dataloader(self):
        return self.loader("train.jsonl", shuffle=True)

    def val_dataloader(self):
        return self.loader("validation.jsonl", shuffle=False)
