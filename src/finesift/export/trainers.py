"""Open trainers: their data layout, and the settings with which their mask is the proved one."""

from __future__ import annotations

import orjson

from finesift.export.messages import call_of, plain
from finesift.export.target import Files, Record, Row, target

_ALL = ("system", "developer", "tools", "reasoning", "several", "open", "uneven")


def _whole(messages: list[Record]) -> list[Record]:
    """Messages with all that TRL's templates print."""
    return [plain(message, reasoning=True, text_arguments=False) for message in messages]


def _trl_config(files: Files) -> Files:
    script = f'''"""Supervised fine-tuning with TRL; the loss is on assistant messages only, as in the proved masks."""

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("json", data_files={{"train": "{files["train"]}", "validation": "{files["validation"]}"}})
config = SFTConfig(
    output_dir="out",
    assistant_only_loss=True,  # needs {{% generation %}} in the template: see chat_template_path
    chat_template_path="template.jinja",  # finesift template --tokenizer MODEL --patched -o template.jinja
    max_length=4096,
    packing=False,
)
trainer = SFTTrainer("MODEL", args=config, train_dataset=data["train"], eval_dataset=data["validation"])
# Before training: does TRL train what was proved?
# import finesift; print(finesift.audit(trainer.get_train_dataloader(), "RUN"))
trainer.train()
'''
    return {"train.py": script}


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_trl_config,
    source="TRL 1.16, SFTTrainer",
)
def trl(row: Row) -> Record:
    """TRL, supervised fine-tuning."""
    made: Record = {"messages": _whole(row.messages)}
    return made | ({"tools": row.tools} if row.tools else {})


@target(
    kinds=("preference",),
    carries=("system", "developer", "tools", "reasoning", "several", "uneven"),
    config=lambda files: {
        "train.py": '"""Direct preference optimization with TRL."""\n\n'
        "from datasets import load_dataset\nfrom trl import DPOConfig, DPOTrainer\n\n"
        f'files = {{"train": "{files["train"]}", "validation": "{files["validation"]}"}}\n'
        'data = load_dataset("json", data_files=files)\n'
        'trainer = DPOTrainer("MODEL", args=DPOConfig(output_dir="out"), train_dataset=data["train"], '
        'eval_dataset=data["validation"])\ntrainer.train()\n'
    },
    source="TRL 1.16, DPOTrainer and RewardTrainer",
)
def trl_preference(row: Row) -> Record:
    """TRL, preference pairs (DPO, reward)."""
    made: Record = {"prompt": _whole(row.messages)}
    made |= {name: _whole(side) for name, side in (("chosen", row.chosen), ("rejected", row.rejected))}
    return made | ({"tools": row.tools} if row.tools else {})


@target(
    kinds=("kto",),
    carries=("system", "developer", "tools", "reasoning", "several", "uneven"),
    source="TRL 1.16, KTOTrainer",
)
def trl_kto(row: Row) -> Record:
    """TRL, rated answers (KTO)."""
    prompt, completion = row.messages[:-1], row.messages[-1:]
    return {
        "prompt": _whole(prompt),
        "completion": _whole(completion),
        "label": row.label,
    }


def _axolotl_config(files: Files) -> Files:
    return {
        "axolotl.yaml": f"""base_model: MODEL
chat_template: tokenizer_default
datasets:
  - path: {files["train"]}
    ds_type: json
    type: chat_template
    field_messages: messages
    field_tools: tools
    # Every answer and its end are trained, but those whose message says `train: false`.
    roles_to_train: [assistant]
    train_on_eos: turn
    message_field_training: train
test_datasets:
  - path: {files["validation"]}
    ds_type: json
    split: train
    type: chat_template
    field_messages: messages
    field_tools: tools
    roles_to_train: [assistant]
    train_on_eos: turn
    message_field_training: train
sequence_len: 4096
train_on_inputs: false
output_dir: out
"""
    }


@target(
    kinds=("conversation",),
    carries=(*_ALL, "untrained"),
    config=_axolotl_config,
    source="axolotl 0.19, prompt_strategies.chat_template",
)
def axolotl(row: Row) -> Record:
    """axolotl, chat_template."""
    made: Record = {
        "messages": [plain(m, flag="train", reasoning=True, text_arguments=False) for m in row.messages]
    }
    return made | ({"tools": row.tools} if row.tools else {})


def _llamafactory_config(files: Files) -> Files:
    tags = {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "observation_tag": "observation",
        "function_tag": "function_call",
        "system_tag": "system",
    }
    info = {
        f"finesift_{split}": {
            "file_name": files[split],
            "formatting": "sharegpt",
            "columns": {"messages": "messages", "tools": "tools", "system": "system"},
            "tags": tags,
        }
        for split in ("train", "validation")
    }
    return {
        "dataset_info.json": orjson.dumps(info, option=orjson.OPT_INDENT_2).decode() + "\n",
        "llamafactory.yaml": """model_name_or_path: MODEL
template: TEMPLATE  # its own templates, not the tokenizer's: compare with  finesift mask
stage: sft
do_train: true
finetuning_type: lora
dataset_dir: .
dataset: finesift_train
eval_dataset: finesift_validation
cutoff_len: 4096
train_on_prompt: false
mask_history: false  # all answers are trained
output_dir: out
""",
    }


@target(
    kinds=("conversation",),
    carries=("system", "several", "tools"),
    config=_llamafactory_config,
    note="it leaves out rows whose turns do not alternate, with a log line only; those are left out here already",
    source="LLaMA-Factory 0.9.5, data/converter",
)
def llamafactory(row: Row) -> Record:
    """LLaMA-Factory, sharegpt with OpenAI's names."""
    messages: list[Record] = []
    system = ""
    for message in row.messages:
        if message["role"] == "system":
            system = message["content"] or ""
        elif message.get("tool_calls"):
            calls = [call_of(call, n, text=False)["function"] for n, call in enumerate(message["tool_calls"])]
            said = calls[0] if len(calls) == 1 else calls
            messages.append({"role": "function_call", "content": orjson.dumps(said).decode()})
        elif message["role"] == "tool":
            if messages and messages[-1]["role"] == "observation":
                messages[-1]["content"] += "\n" + (message["content"] or "")
            else:
                messages.append({"role": "observation", "content": message["content"] or ""})
        else:
            messages.append({"role": message["role"], "content": message["content"] or ""})
    tools = [tool.get("function", tool) for tool in row.tools]
    return {"messages": messages, "system": system, "tools": orjson.dumps(tools).decode() if tools else ""}


@target(
    kinds=("conversation",),
    carries=("system", "several", "uneven", "untrained"),
    config=lambda files: {
        "ms_swift.sh": "swift sft --model MODEL --dataset "
        f"{files['train']} --val_dataset {files['validation']} --max_length 4096 --loss_scale default\n"
    },
    note="its own templates, not the tokenizer's: compare with  finesift mask",
    source="ms-swift 4.6, custom dataset",
)
def ms_swift(row: Row) -> Record:
    """ms-swift, messages."""
    return {"messages": [plain(m, flag="loss") for m in row.messages]}


@target(
    kinds=("conversation",),
    carries=("system", "tools"),
    names=("train.jsonl", "valid.jsonl"),
    config=lambda _: {
        "lora_config.yaml": "model: MODEL\ntrain: true\ndata: .\nmax_seq_length: 4096\n"
        "mask_prompt: true  # trains the last answer only, so rows with more are left out here\n"
    },
    note="with mask_prompt the last answer alone is trained",
    source="mlx-lm 0.32, tuner.datasets",
)
def mlx_lm(row: Row) -> Record:
    """mlx-lm, chats."""
    made: Record = {"messages": [plain(m, text_arguments=False) for m in row.messages]}
    return made | ({"tools": row.tools} if row.tools else {})


@target(
    kinds=("conversation",),
    carries=("system", "several"),
    config=lambda files: {
        "torchtune.yaml": "dataset:\n  _component_: torchtune.datasets.chat_dataset\n  source: json\n"
        f"  data_files: {files['train']}\n  split: train\n  conversation_column: messages\n"
        "  conversation_style: openai\n  train_on_input: false\n"
    },
    note="user and assistant take turns; it raises on any other row",
    source="torchtune 0.6.1, chat_dataset",
)
def torchtune(row: Row) -> Record:
    """torchtune, chat_dataset."""
    return {"messages": [plain(m) for m in row.messages]}
