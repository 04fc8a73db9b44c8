"""TRL's own batches beside the proof: `python benchmarks/trainer/audit.py` prints one table per setting.

In a virtual environment of its own, with finesift and what requirements.txt names. A Llama of 20,000 parameters is
made from a config; nothing is trained and nothing downloaded: SFTTrainer prepares the data and its data loader
gives the batches.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import polars as pl
import torch
from transformers import (
    DataCollatorForLanguageModeling,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)
from trl import SFTConfig, SFTTrainer

import finesift
from finesift.chat.patch import patched
from finesift.chat.tokenizer import load_tokenizer
from finesift.data import tokenizer_folder

ROWS = 200
# Name, what SFTConfig is given, which data it gets.
SETTINGS: list[tuple[str, dict[str, Any], str]] = [
    ("the default: assistant_only_loss=False", {}, "messages"),
    ("assistant_only_loss=True, patched template", {"assistant_only_loss": True}, "patched"),
    ("packing=True", {"packing": True, "assistant_only_loss": True, "max_length": 512}, "patched"),
    (
        "packing=True, wrapped",
        {"packing": True, "packing_strategy": "wrapped", "max_length": 512},
        "messages",
    ),
    (
        "padding_free=True",
        {"padding_free": True, "assistant_only_loss": True, "max_length": None},
        "patched",
    ),
    ("max_length=64", {"max_length": 64, "assistant_only_loss": True}, "patched"),
    ("a template that marks only the text of the answer", {"assistant_only_loss": True}, "content"),
    ("finesift prep --tokenized", {}, "tokenized"),
    ("finesift prep --tokenized, packing=True", {"packing": True, "max_length": 512}, "tokenized"),
    ("finesift prep --tokenized, padding_free=True", {"padding_free": True, "max_length": None}, "tokenized"),
    (
        "finesift prep --tokenized, packing=True, wrapped",
        {"packing": True, "packing_strategy": "wrapped", "max_length": 512},
        "tokenized",
    ),
    (
        "finesift prep --tokenized, packing=True, max_length=64",
        {"packing": True, "max_length": 64},
        "tokenized",
    ),
]


def main() -> None:
    torch.manual_seed(17)
    with tempfile.TemporaryDirectory() as folder:
        run = prepared(Path(folder))
        print("## transformers' DataCollatorForLanguageModeling, pad_token == the end of a turn\n")
        found = finesift.audit(collated(run), run.path)
        print(f"{found}\n\nexit code {found.exit_code}\n")
        for name, options, data in SETTINGS:
            print(f"## {name}\n")
            try:
                found = finesift.audit(batches(run, options, data, Path(folder)), run.path)
            except ValueError as e:  # TRL refuses the setting
                print(f"{type(e).__name__}: {e}\n")
                continue
            print(f"{found}\n\nexit code {found.exit_code}\n")


def prepared(folder: Path) -> finesift.Run:
    """A run on made-up conversations."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"What comes after {n}, and what is twice as much as {n * 7}?"},
                {
                    "role": "assistant",
                    "content": f"After {n} comes {n + 1}. " + f"Twice {n * 7} is {n * 14}. " * (n % 9),
                },
                {"role": "user", "content": f"And three times {n * 3 + 1}?"},
                {"role": "assistant", "content": f"That is {n * 9 + 3}."},
            ]
        }
        for n in range(ROWS)
    ]
    file = folder / "rows.jsonl"
    pl.DataFrame(rows).write_ndjson(file)
    recipe = finesift.Recipe.parse(
        {
            "data": {"train": [str(file)]},
            "model": {"tokenized": True},
            "split": {"validation": 0, "test": 0},
            "checks": {name: {"run": False} for name in ("near_duplicate", "near_but_different")},
        }
    )
    return finesift.prep(recipe, folder / "run")


def fast(template: str) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer_folder() / "tokenizer.json"),
        chat_template=template,
        **load_tokenizer().tokens,
    )


def collated(run: finesift.Run) -> Iterator[Any]:
    """Batches of eight as the collator of language models pads and labels them."""
    tokenizer = fast(load_tokenizer().template.source)
    collate = DataCollatorForLanguageModeling(tokenizer, mlm=False)
    ids = pl.read_parquet(run.path / "tokenized" / "train.parquet")["input_ids"].to_list()
    for at in range(0, len(ids), 8):
        yield collate([{"input_ids": row} for row in ids[at : at + 8]])


def batches(run: finesift.Run, options: dict[str, Any], data: str, folder: Path) -> Any:
    """The training batches that SFTTrainer makes, for one epoch."""
    ours = load_tokenizer()
    template = patched(ours).source if data in ("patched", "content") else ours.template.source
    if data == "content":
        # The mistake that many published training templates make: the end of the turn is outside.
        whole = " + '<|im_end|>' }}{% endgeneration %}"
        template = template.replace(whole, " }}{% endgeneration %}{{ '<|im_end|>' }}")
    tokenizer = fast(template)
    if data == "tokenized":
        rows = datasets.Dataset.from_parquet(
            str(run.path / "tokenized" / "train.parquet"), cache_dir=str(folder / "c")
        )
        rows = rows.select_columns(["input_ids", "labels"])
    else:
        said = pl.read_ndjson(run.path / "train.jsonl").select("messages").to_dicts()
        rows = datasets.Dataset.from_list(said)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        max_position_embeddings=2048,
    )
    settings = SFTConfig(
        output_dir=str(folder / "out"),
        per_device_train_batch_size=8,
        report_to=[],
        use_cpu=True,
        bf16=False,
        dataset_num_proc=None,
        **options,
    )
    trainer = SFTTrainer(
        model=LlamaForCausalLM(config), args=settings, train_dataset=rows, processing_class=tokenizer
    )
    return trainer.get_train_dataloader()


if __name__ == "__main__":
    sys.exit(main())
