"""How torchtune reads the rows: the `_component_` of a data set; run `tune` in this folder."""

from proved import rows
from torch.utils.data import Dataset
from torchtune.datasets import PackedDataset


class Proved(Dataset):
    def __init__(self, file, model=None):
        tokenizer = None
        if model is not None:
            from transformers import AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained(model)
        self.rows = rows(file, tokenizer)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, number):
        row = self.rows[number]
        return {"tokens": row["input_ids"], "labels": row["labels"]}


def proved_dataset(tokenizer, *, file, model=None, packed=False):
    """model: the folder of its tokenizer, where the file holds messages."""
    found = Proved(file, model)
    return PackedDataset(found, max_seq_len=tokenizer.max_seq_len) if packed else found
