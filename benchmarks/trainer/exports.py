"""What TRL trains of `finesift export --for trl`, beside the proof: `python benchmarks/trainer/exports.py RUN …`.

In a virtual environment of its own, with finesift and what requirements.txt names. A model of a few thousand
parameters is made from a config; nothing is trained and nothing downloaded: SFTTrainer reads the exported file, and its
data loader gives the batches.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch
from datasets import load_dataset
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

import finesift
from finesift.chat.patch import patched
from finesift.chat.tokenizer import load_tokenizer
from finesift.data import tokenizer_folder
from finesift.export.folder import export
from finesift.export.target import targets
from finesift.recipe import Recipe
from finesift.run import Run


def main() -> None:
    print(f"{'run':24} {'exported':>8} {'left out':>8}  audit")
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            run = Run.open(name)
            found = export(run, targets()["trl"], Path(folder) / "out")
            told = finesift.audit(batches(run, Path(folder)), run.path, partial=bool(found.left_out))
            rows, left = found.written["train.jsonl"], sum(found.left_out.values())
            print(f"{run.path.name:24} {rows:8,} {left:8,}  exit code {told.exit_code}: {told}")


def batches(run: Run, folder: Path):
    ours = load_tokenizer(Recipe.parse(run.manifest["recipe"]).model.tokenizer)
    where = Path(Recipe.parse(run.manifest["recipe"]).model.tokenizer or tokenizer_folder())
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(where / "tokenizer.json"), chat_template=patched(ours), **ours.tokens
    )
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
        )
    )
    data = load_dataset(
        "json", data_files=str(folder / "out/train.jsonl"), split="train", cache_dir=str(folder)
    )
    options = SFTConfig(
        output_dir=str(folder / "trained"), assistant_only_loss=True, max_length=None, report_to="none", use_cpu=True,
        per_device_train_batch_size=4, bf16=False, dataset_num_proc=None,
    )  # fmt: skip
    trainer = SFTTrainer(model, args=options, train_dataset=data, processing_class=tokenizer)
    yield from trainer.get_train_dataloader()


if __name__ == "__main__":
    torch.manual_seed(17)
    main()
