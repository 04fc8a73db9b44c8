"""Open trainers that have templates of their own, or find answers by ways of their own: they are given messages, the
model's template with what is trained marked in it, and the few lines by which they read both (`adapters`).

What each would train by its own template stands in docs/trainers.md.
"""

from __future__ import annotations

from typing import Any

import orjson

from finesift.export.adapters import adapter, proved
from finesift.export.messages import plain
from finesift.export.rendered import TEMPLATE, Marked
from finesift.export.rows import Record, Row
from finesift.export.target import FEATURES, Files, Setting, target

_ALL = tuple(name for name in FEATURES if name not in ("pictures", "media"))
_NEEDS = "it needs transformers beside the trainer"


def _conversation(row: Row) -> Record:
    """Messages in OpenAI's form, with JSON as text wherever rows may differ in it: `datasets` would merge objects of
    other fields into one, and fill them with nulls."""
    messages = [plain(m, flag="train", reasoning=True, spoken=True) for m in row.messages]
    made: Record = {"id": row.id, "messages": messages}
    return made | ({"tools": orjson.dumps(row.tools).decode()} if row.tools else {})


def _brought(given: Setting, *names: str, into: str = "") -> dict[str, str]:
    """The adapters, and the template, if rows are messages."""
    files = {"proved.py": adapter("proved.py", model=given.model, length=given.length)}
    for name in names:
        files[into + name] = adapter(name, model=given.model, length=given.length)
    if not given.tokens and (template := given.source.marked):
        files[TEMPLATE] = template
    return files


def _axolotl_config(given: Setting) -> Files:
    data = "    ds_type: json\n    type: strategy.axolotl_rows  # found with PYTHONPATH=.\n"
    tested = (
        f"test_datasets:\n  - path: {given.validation}\n    split: train\n{data}" if given.validation else ""
    )
    text = f"""# PYTHONPATH=. axolotl train axolotl.yaml
base_model: {given.model}
datasets:
  - path: {given.train}
{data}{tested}sequence_len: {given.length}  # no row is longer; longer ones would be left out
train_on_inputs: false
val_set_size: 0
output_dir: out
"""
    return {"axolotl.yaml": text} | _brought(given, "axolotl_rows.py", into="strategy/")


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_axolotl_config,
    rendered=Marked(proved.conversation),
    source="axolotl 0.19, prompt_strategies.load",
)
def axolotl(row: Row) -> Record:
    """axolotl, messages."""
    return _conversation(row)


def _llamafactory_config(given: Setting) -> Files:
    info: dict[str, Any] = {
        f"finesift_{split}": {"file_name": name, "formatting": "proved"}
        for split, name in given.files.items()
    }
    evaluated = "eval_dataset: finesift_validation\n" if given.validation else ""
    text = f"""# python llamafactory_train.py llamafactory.yaml
model_name_or_path: {given.model}
template: proved  # the model's own, in {TEMPLATE}
stage: sft
do_train: true
finetuning_type: lora
dataset_dir: .
dataset: finesift_train
{evaluated}cutoff_len: {given.length}
train_on_prompt: false
mask_history: false  # the rows say which answers are trained
overwrite_cache: true
output_dir: out
"""
    return {
        "dataset_info.json": orjson.dumps(info, option=orjson.OPT_INDENT_2).decode() + "\n",
        "llamafactory.yaml": text,
    } | _brought(given, "llamafactory_train.py")


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_llamafactory_config,
    rendered=Marked(proved.conversation),
    source="LLaMA-Factory 0.9.5, register_template and register_dataset_converter",
)
def llamafactory(row: Row) -> Record:
    """LLaMA-Factory, messages."""
    return _conversation(row)


def swift_config(given: Setting) -> Files:
    tested = f" --val_dataset {given.validation}" if given.validation else ""
    return {
        "ms_swift.sh": f"swift sft --model {given.model} --external_plugins ms_swift_rows.py --template proved "
        f"--dataset {given.train}{tested} --max_length {given.length} --loss_scale default "
        "--load_from_cache_file false\n",
    } | _brought(given, "ms_swift_rows.py")


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=swift_config,
    rendered=Marked(proved.conversation),
    source="ms-swift 4.6, register_template and register_dataset",
)
def ms_swift(row: Row) -> Record:
    """ms-swift, messages."""
    return _conversation(row)


def torchtune_config(given: Setting) -> Files:
    model = "" if given.tokens else f"  model: {given.model}\n"
    return {
        "torchtune.yaml": f"dataset:\n  _component_: torchtune_rows.proved_dataset\n  file: {given.train}\n{model}"
        "  packed: false\n",
    } | _brought(given, "torchtune_rows.py")


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=torchtune_config,
    rendered=Marked(proved.conversation),
    note=_NEEDS,
    source="torchtune 0.6.1, a data set of tokens and labels",
)
def torchtune(row: Row) -> Record:
    """torchtune, messages."""
    return _conversation(row)


def litgpt_config(given: Setting) -> Files:
    return {
        "litgpt.sh": "PYTHONPATH=. litgpt finetune_lora CHECKPOINT --data litgpt_rows.Proved "
        f"--train.max_seq_length {given.length}\n",
    } | _brought(given, "litgpt_rows.py")


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=litgpt_config,
    rendered=Marked(proved.conversation),
    note=_NEEDS,
    source="LitGPT 0.5.13, a DataModule",
)
def litgpt(row: Row) -> Record:
    """LitGPT, messages."""
    return _conversation(row)


def mlx_config(given: Setting) -> Files:
    return _brought(given, "mlx_lm_train.py")


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=mlx_config,
    rendered=Marked(proved.conversation),
    source="mlx-lm 0.32, tuner.trainer.train with a loss of its own",
)
def mlx_lm(row: Row) -> Record:
    """mlx-lm, messages."""
    return _conversation(row)
