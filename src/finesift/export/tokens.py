"""Open trainers that take token ids and labels: what they train is what is proved, whatever their own templates do."""

from __future__ import annotations

from finesift.export.adapted import litgpt_config, mlx_config, swift_config, torchtune_config
from finesift.export.layouts import saved
from finesift.export.rows import Record, Row
from finesift.export.target import FEATURES, Files, Setting, target

_ALL = tuple(name for name in FEATURES if name not in ("pictures", "media"))


def _ids(row: Row) -> Record:
    (proof,) = row.proofs
    return {"input_ids": proof.ids, "labels": proof.labels}


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
    source="Unsloth 2026.10 over TRL's SFTTrainer, a ready labels column",
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


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=swift_config,
    tokens=True,
    source="ms-swift 4.6, a template of its own",
)
def ms_swift_tokens(row: Row) -> Record:
    """ms-swift, token ids and labels."""
    return _ids(row)


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=torchtune_config,
    tokens=True,
    source="torchtune 0.6.1, a data set of tokens and labels",
)
def torchtune_tokens(row: Row) -> Record:
    """torchtune, token ids and labels."""
    return _ids(row)


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=litgpt_config,
    tokens=True,
    source="LitGPT 0.5.13, a DataModule",
)
def litgpt_tokens(row: Row) -> Record:
    """LitGPT, token ids and labels."""
    return _ids(row)


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=mlx_config,
    tokens=True,
    source="mlx-lm 0.32, tuner.trainer.train with a loss of its own",
)
def mlx_lm_tokens(row: Row) -> Record:
    """mlx-lm, token ids and labels."""
    return _ids(row)
