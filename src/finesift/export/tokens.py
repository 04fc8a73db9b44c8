"""Open trainers that take token ids and labels: what they train is what is proved, whatever their own templates do."""

from __future__ import annotations

from finesift.export.layouts import saved
from finesift.export.rows import Record, Row
from finesift.export.target import FEATURES, Files, Setting, target

_ALL = tuple(name for name in FEATURES if name != "media")


def _ids(row: Row) -> Record:
    assert row.proof is not None
    return {"input_ids": row.proof.ids, "labels": row.proof.labels}


def _with_mask(row: Row) -> Record:
    return _ids(row) | {"attention_mask": [1] * len(_ids(row)["input_ids"])}


def _files(given: Setting) -> str:
    return ", ".join(f'"{split}": "{name}"' for split, name in given.files.items())


def _evaluated(given: Setting) -> str:
    return 'data["validation"]' if given.validation else "None"


def _trl_config(given: Setting) -> Files:
    script = f'''"""Supervised fine-tuning with TRL on token ids and labels, which it uses as they are."""

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("json", data_files={{{_files(given)}}})
config = SFTConfig(output_dir="out", max_length={given.length})
trainer = SFTTrainer(
    "{given.model}", args=config, train_dataset=data["train"], eval_dataset={_evaluated(given)}
)
trainer.train()
'''
    return {"train.py": script}


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_trl_config,
    tokens=True,
    source="TRL 1.16, SFTTrainer, a ready labels column",
)
def trl_tokens(row: Row) -> Record:
    """TRL, token ids and labels."""
    return _ids(row)


def _unsloth_config(given: Setting) -> Files:
    script = f'''"""Supervised fine-tuning with Unsloth on token ids and labels."""

from unsloth import FastLanguageModel  # first: it changes what is imported after it

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("json", data_files={{{_files(given)}}})
model, tokenizer = FastLanguageModel.from_pretrained("{given.model}", max_seq_length={given.length})
model = FastLanguageModel.get_peft_model(model)
trainer = SFTTrainer(
    model,
    args=SFTConfig(output_dir="out", max_length={given.length}, dataset_kwargs={{"skip_prepare_dataset": True}}),
    train_dataset=data["train"],
    eval_dataset={_evaluated(given)},
    processing_class=tokenizer,
)
# Not train_on_responses_only: the labels are there already.
# import finesift; print(finesift.audit(trainer.get_train_dataloader(), "RUN"))
trainer.train()
'''
    return {"train.py": script}


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_unsloth_config,
    tokens=True,
    note="it was not run: Unsloth asks for a graphics processor; audit its batches before training",
    source="Unsloth over TRL's SFTTrainer, a ready labels column",
)
def unsloth(row: Row) -> Record:
    """Unsloth, token ids and labels."""
    return _with_mask(row)


def _axolotl_config(given: Setting) -> Files:
    def data(file: str) -> str:
        return f"  - path: {file}\n    ds_type: json\n    split: train\n    type:  # none: rows are tokens\n"

    tested = "test_datasets:\n" + data(given.validation) if given.validation else ""
    return {
        "axolotl.yaml": f"base_model: {given.model}\ndatasets:\n{data(given.train)}{tested}"
        f"sequence_len: {given.length}  # no row is longer\nval_set_size: 0\noutput_dir: out\n"
    }


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_axolotl_config,
    tokens=True,
    source="axolotl 0.19, a tokenized data set",
)
def axolotl_tokens(row: Row) -> Record:
    """axolotl, token ids and labels."""
    return _with_mask(row)


@target(
    kinds=("conversation",),
    carries=_ALL,
    names=("tokenized/train", "tokenized/validation"),
    write=saved,
    config=lambda given: {
        "llamafactory.yaml": f"model_name_or_path: {given.model}\ntokenized_path: tokenized\n"
        "dataset: tokenized  # asked for, and not read\n"
        "template: empty  # for chatting only: the rows are tokens already\nstage: sft\ndo_train: true\n"
        f"finetuning_type: lora\ncutoff_len: {given.length}\noutput_dir: out\n"
    },
    tokens=True,
    source="LLaMA-Factory 0.9.5, tokenized_path",
)
def llamafactory_tokens(row: Row) -> Record:
    """LLaMA-Factory, token ids and labels."""
    return _with_mask(row)


_SWIFT = '''"""A template that adds nothing: an answer is token ids, each with 1 where it is trained."""

from swift.template import TemplateMeta, register_template

register_template(TemplateMeta("proved", prefix=[], prompt=["{{QUERY}}"], chat_sep=None, suffix=[]))
'''


def _swift_config(given: Setting) -> Files:
    tested = f" --val_dataset {given.validation}" if given.validation else ""
    return {
        "proved.py": _SWIFT,
        "ms_swift.sh": f"swift sft --model {given.model} --external_plugins proved.py --template proved "
        f"--dataset {given.train}{tested} --max_length {given.length} --loss_scale default\n",
    }


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_swift_config,
    tokens=True,
    source="ms-swift 4.6, content as token_ids and loss_scale",
)
def ms_swift_tokens(row: Row) -> Record:
    """ms-swift, token ids and labels."""
    made = _ids(row)
    trained = (made["labels"] >= 0).astype(int)
    return {
        "messages": [
            {"role": "assistant", "content": {"token_ids": made["input_ids"], "loss_scale": trained}}
        ]
    }


_TORCHTUNE = '''"""Rows of token ids and labels for torchtune; run `tune` in this folder."""

import json

from torch.utils.data import Dataset
from torchtune.datasets import PackedDataset


class Proved(Dataset):
    def __init__(self, file):
        with open(file, encoding="utf-8") as lines:
            self.rows = [json.loads(line) for line in lines]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, number):
        row = self.rows[number]
        return {"tokens": row["input_ids"], "labels": row["labels"]}


def proved_dataset(tokenizer, *, file, packed=False):
    rows = Proved(file)
    return PackedDataset(rows, max_seq_len=tokenizer.max_seq_len) if packed else rows
'''


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=lambda given: {
        "proved.py": _TORCHTUNE,
        "torchtune.yaml": f"dataset:\n  _component_: proved.proved_dataset\n  file: {given.train}\n  packed: false\n",
    },
    tokens=True,
    source="torchtune 0.6.1, a data set of tokens and labels",
)
def torchtune_tokens(row: Row) -> Record:
    """torchtune, token ids and labels."""
    return _ids(row)


_LITGPT = '''"""Rows of token ids and labels for LitGPT; PYTHONPATH=. lets it find this file."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from litgpt.data import DataModule, get_sft_collate_fn
from torch.utils.data import DataLoader


def rows(file):
    if not Path(file).exists():
        return []
    with open(file, encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    return [
        {
            "input_ids": torch.tensor(row["input_ids"]),
            "labels": torch.tensor(row["labels"]),
            "token_counts": dict.fromkeys(("raw", "raw_plus_prompt_template"), len(row["input_ids"])),
        }
        for row in read
    ]


@dataclass
class Proved(DataModule):
    folder: Path = Path(".")
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
        data = rows(self.folder / name)
        return DataLoader(data, self.batch_size, shuffle=shuffle, generator=order, collate_fn=together)

    def train_dataloader(self):
        return self.loader("train.jsonl", shuffle=True)

    def val_dataloader(self):
        return self.loader("validation.jsonl", shuffle=False)
'''


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=lambda given: {
        "proved.py": _LITGPT,
        "litgpt.sh": "PYTHONPATH=. litgpt finetune_lora CHECKPOINT --data proved.Proved "
        f"--train.max_seq_length {given.length}\n",
    },
    tokens=True,
    source="LitGPT 0.5.13, a DataModule",
)
def litgpt_tokens(row: Row) -> Record:
    """LitGPT, token ids and labels."""
    return _ids(row)


_MLX = '''"""LoRA with mlx-lm on token ids and labels, with a loss that counts what is labelled and nothing else."""

import json
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np

BATCH = 4


def rows(file):
    if not Path(file).exists():
        return []
    with open(file, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def batches(dataset, batch_size, max_seq_length, loop=False, seed=None, comm_group=None):
    """Rows of about one length together; the last batch is as large as it happens to be, so that no row is lost."""
    order = sorted(range(len(dataset)), key=lambda number: len(dataset[number]["input_ids"]))
    parts = [order[at : at + batch_size] for at in range(0, len(order), batch_size)]
    while True:
        for part in np.random.permutation(len(parts)):
            chosen = [dataset[number] for number in parts[part]]
            width = max(len(row["input_ids"]) for row in chosen)
            ids = np.zeros((len(chosen), width), np.int32)
            labels = np.full((len(chosen), width), -100, np.int32)
            for place, row in enumerate(chosen):
                ids[place, : len(row["input_ids"])] = row["input_ids"]
                labels[place, : len(row["labels"])] = row["labels"]
            yield mx.array(ids), mx.array(labels)
        if not loop:
            return


def loss(model, ids, labels):
    wanted = labels[:, 1:]
    trained = wanted >= 0
    found = nn.losses.cross_entropy(model(ids[:, :-1]), mx.where(trained, wanted, 0)) * trained
    return found.astype(mx.float32).sum() / mx.maximum(trained.sum(), 1), trained.sum()


def main():
    from mlx_lm import load
    from mlx_lm.tuner.trainer import TrainingArgs, train
    from mlx_lm.tuner.utils import linear_to_lora_layers

    model, _ = load("MODEL")
    model.freeze()
    linear_to_lora_layers(model, 16, {"rank": 8, "scale": 20.0, "dropout": 0.0})
    data, tested = rows("train.jsonl"), rows("validation.jsonl")
    args = TrainingArgs(batch_size=BATCH, iters=3 * -(-len(data) // BATCH), max_seq_length=LENGTH)
    train(model, optim.Adam(1e-5), data, tested or None, args=args, loss=loss, iterate_batches=batches)


if __name__ == "__main__":
    main()
'''


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=lambda given: {
        "train.py": _MLX.replace("MODEL", given.model).replace("LENGTH", str(given.length)),
    },
    tokens=True,
    source="mlx-lm 0.32, tuner.trainer.train with a loss of its own",
)
def mlx_lm_tokens(row: Row) -> Record:
    """mlx-lm, token ids and labels."""
    return _ids(row)
