"""Open trainers that render messages by a template they are given, and train what it marks; and pairs and ratings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from finesift.export.messages import plain
from finesift.export.rendered import TEMPLATE, Completed, Marked, as_they_are, ending_with_the_answer
from finesift.export.rows import Record, Row
from finesift.export.target import Files, Setting, target

_ALL = ("system", "developer", "tools", "reasoning", "several", "open", "uneven", "names")
_PAIR = ("system", "developer", "tools", "reasoning", "several", "uneven", "names")


def _whole(messages: list[Record]) -> list[Record]:
    """Messages with all that templates print."""
    return [plain(m, reasoning=True, text_arguments=False, spoken=True) for m in messages]


def _conversation(row: Row) -> Record:
    made: Record = {"messages": _whole(row.messages)}
    return made | ({"tools": row.tools} if row.tools else {})


def _data_files(given: Setting) -> str:
    return ", ".join(f'"{split}": "{name}"' for split, name in given.files.items())


def _evaluated(given: Setting) -> str:
    return 'eval_dataset=data["validation"]' if given.validation else "eval_dataset=None"


def _trl_config(given: Setting) -> Files:
    template = given.source.marked
    script = f'''"""Supervised fine-tuning with TRL; the loss is on assistant messages only."""

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("json", data_files={{{_data_files(given)}}})
config = SFTConfig(
    output_dir="out",
    assistant_only_loss=True,
    chat_template_path="{TEMPLATE}",  # the model's, with {{% generation %}} around what is trained
    max_length={given.length},  # no row is longer
    packing=False,
)
trainer = SFTTrainer("{given.model}", args=config, train_dataset=data["train"], {_evaluated(given)})
# Before training: does TRL train what was proved?
# import finesift; print(finesift.audit(trainer.get_train_dataloader(), "RUN"))
trainer.train()
'''
    return {"train.py": script} | ({TEMPLATE: template} if template else {})


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_trl_config,
    rendered=Marked(as_they_are),
    source="TRL 1.16, SFTTrainer",
)
def trl(row: Row) -> Record:
    """TRL, supervised fine-tuning."""
    return _conversation(row)


def _trl_sides(given: Setting, trainer: str, what: str) -> Files:
    """DPOTrainer and KTOTrainer count all behind the prompt, so the template has to end with the answer."""
    tokenizer = given.source.tokenizer
    named = f'tokenizer.chat_template = Path("{TEMPLATE}").read_text()\n' if tokenizer else ""
    script = f'''"""{what} with TRL."""

from pathlib import Path

from datasets import load_dataset
from transformers import AutoTokenizer
from trl import {trainer}Config, {trainer}Trainer

data = load_dataset("json", data_files={{{_data_files(given)}}})
tokenizer = AutoTokenizer.from_pretrained("{given.model}")
{named}trainer = {trainer}Trainer(
    "{given.model}",
    args={trainer}Config(output_dir="out", max_length={given.length}),
    train_dataset=data["train"],
    {_evaluated(given)},
    processing_class=tokenizer,
)
trainer.train()
'''
    if tokenizer is None:
        return {"train.py": script}
    return {"train.py": script, TEMPLATE: ending_with_the_answer(given.source)}


def _trl_pairs(given: Setting) -> Files:
    return _trl_sides(given, "DPO", "Direct preference optimization")


def _trl_rated(given: Setting) -> Files:
    return _trl_sides(given, "KTO", "Optimization by rated answers")


@target(
    kinds=("preference",),
    carries=_PAIR,
    config=_trl_pairs,
    rendered=Completed(),
    source="TRL 1.16, DPOTrainer and RewardTrainer",
)
def trl_preference(row: Row) -> Record:
    """TRL, preference pairs (DPO, reward)."""
    made: Record = {"prompt": _whole(row.messages)}
    made |= {name: _whole(side) for name, side in (("chosen", row.chosen), ("rejected", row.rejected))}
    return made | ({"tools": row.tools} if row.tools else {})


@target(kinds=("kto",), carries=_PAIR, config=_trl_rated, rendered=Completed(), source="TRL 1.16, KTOTrainer")
def trl_kto(row: Row) -> Record:
    """TRL, rated answers (KTO)."""
    prompt, completion = row.messages[:-1], row.messages[-1:]
    made = {"prompt": _whole(prompt), "completion": _whole(completion), "label": row.label}
    return made | ({"tools": row.tools} if row.tools else {})


def _as_nemo_sees(record: Record) -> tuple[list[Record], list[Any] | None]:
    """NeMo writes arguments as JSON text before it renders them."""
    messages = []
    for message in record["messages"]:
        calls = [
            call | {"function": call["function"] | {"arguments": json.dumps(call["function"]["arguments"])}}
            for call in message.get("tool_calls", ())
        ]
        messages.append(message | ({"tool_calls": calls} if calls else {}))
    return messages, record.get("tools")


def _nemo_config(given: Setting) -> Files:
    def data(name: str, file: str) -> str:
        return (
            f"{name}:\n  _target_: nemo_automodel.components.datasets.llm.ChatDataset\n"
            f"  path_or_dataset_id: {file}\n  chat_template: {TEMPLATE}\n"
        )

    template = given.source.marked
    tested = data("validation_dataset", given.validation) if given.validation else ""
    text = f"model:\n  pretrained_model_name_or_path: {given.model}\n" + data("dataset", given.train) + tested
    if template is None:
        text = text.replace(f"  chat_template: {TEMPLATE}\n", "")
    return {"automodel.yaml": text} | ({TEMPLATE: template} if template else {})


@target(
    kinds=("conversation",),
    carries=("system", "tools", "reasoning", "several", "open", "uneven", "names"),
    config=_nemo_config,
    rendered=Marked(_as_nemo_sees),
    source="NeMo AutoModel 0.7, ChatDataset",
)
def nemo_automodel(row: Row) -> Record:
    """NeMo AutoModel, ChatDataset."""
    return _conversation(row)


_UNRUN = "open-instruct is in no package index and was not run: its layout is as its pages say"


def _open_instruct(script: str, mixer: str) -> Callable[[Setting], Files]:
    def config(given: Setting) -> Files:
        command = (
            f"# In a checkout of open-instruct, with the files of this folder beside it.\n"
            f"python open_instruct/{script} --model_name_or_path {given.model} \\\n"
            f"  --{mixer} {given.train} 1.0 --max_seq_length {given.length} --output_dir out\n"
        )
        return {"open_instruct.sh": command}

    return config


@target(
    kinds=("conversation",),
    carries=("system", "several", "open", "uneven"),
    config=_open_instruct("finetune.py", "dataset_mixer_list"),
    note=f"{_UNRUN}; it renders growing parts of a conversation to find the answers, and trains the white space behind",
    source="open-instruct, docs/algorithms/finetune.md and dataset_transformation.py, read in 2026-12",
)
def open_instruct(row: Row) -> Record:
    """open-instruct, messages."""
    return {"messages": [plain(m) for m in row.messages]}


@target(
    kinds=("preference",),
    carries=("system", "several", "uneven"),
    config=_open_instruct("dpo.py", "mixer_list"),
    note=_UNRUN,
    source="open-instruct, docs/algorithms/dpo.md and dataset_transformation.py, read in 2026-12",
)
def open_instruct_preference(row: Row) -> Record:
    """open-instruct, preference pairs, each side a whole conversation."""
    return {
        name: [plain(m) for m in row.messages + side]
        for name, side in (("chosen", row.chosen), ("rejected", row.rejected))
    }
