"""Open trainers that take messages and render them: their layout, and settings with which their mask is nearest the
proved one. What each was seen to do otherwise stands in docs/trainers.md, and in `note` and `warns`."""

from __future__ import annotations

import orjson

from finesift.errors import ModelError
from finesift.export.layouts import json_array
from finesift.export.messages import call_of, plain
from finesift.export.rows import Record, Row, Source
from finesift.export.target import Files, Setting, target

_ALL = ("system", "developer", "tools", "reasoning", "several", "open", "uneven")
_PAIR = ("system", "developer", "tools", "reasoning", "several", "uneven")
#: The template is the model's own: put it into the model's folder as chat_template.jinja.
TEMPLATE = "chat_template.jinja"


def _whole(messages: list[Record], flag: str | None = None) -> list[Record]:
    """Messages with all that templates print."""
    return [plain(m, flag=flag, reasoning=True, text_arguments=False, spoken=True) for m in messages]


def _conversation(row: Row, flag: str | None = None) -> Record:
    made: Record = {"messages": _whole(row.messages, flag)}
    return made | ({"tools": row.tools} if row.tools else {})


def _marked(source: Source) -> str | None:
    """The template with {% generation %} around what is trained; None where it cannot have it."""
    from finesift.chat.patch import patched

    try:
        return None if source.tokenizer is None else patched(source.tokenizer).source
    except ModelError:
        return None


def _data_files(given: Setting) -> str:
    return ", ".join(f'"{split}": "{name}"' for split, name in given.files.items())


def _evaluated(given: Setting) -> str:
    return 'eval_dataset=data["validation"]' if given.validation else "eval_dataset=None"


def _trl_config(given: Setting) -> Files:
    template = _marked(given.source)
    named = (
        f'    chat_template_path="{TEMPLATE}",  # the model\'s, with {{% generation %}} around what is trained\n'
        if template
        else "    # No template is named: this one cannot mark what is trained. See --for trl-tokens.\n"
    )
    script = f'''"""Supervised fine-tuning with TRL; the loss is on assistant messages only."""

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("json", data_files={{{_data_files(given)}}})
config = SFTConfig(
    output_dir="out",
    assistant_only_loss=True,
{named}    max_length={given.length},  # no row is longer
    packing=False,
)
trainer = SFTTrainer("{given.model}", args=config, train_dataset=data["train"], {_evaluated(given)})
# Before training: does TRL train what was proved?
# import finesift; print(finesift.audit(trainer.get_train_dataloader(), "RUN"))
trainer.train()
'''
    return {"train.py": script} | ({TEMPLATE: template} if template else {})


def _trl_warns(source: Source) -> str | None:
    if source.tokenizer is None or _marked(source):
        return None
    return "the template cannot mark what is trained, so TRL decides by itself: --for trl-tokens trains what is proved"


@target(
    kinds=("conversation",),
    carries=_ALL,
    config=_trl_config,
    warns=_trl_warns,
    masked=True,
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
    template = {} if tokenizer is None else {TEMPLATE: _ending_with_the_answer(tokenizer.template.source)}
    return {"train.py": script} | template


def _trl_pairs(given: Setting) -> Files:
    return _trl_sides(given, "DPO", "Direct preference optimization")


def _trl_rated(given: Setting) -> Files:
    return _trl_sides(given, "KTO", "Optimization by rated answers")


@target(
    kinds=("preference",), carries=_PAIR, config=_trl_pairs, source="TRL 1.16, DPOTrainer and RewardTrainer"
)
def trl_preference(row: Row) -> Record:
    """TRL, preference pairs (DPO, reward)."""
    made: Record = {"prompt": _whole(row.messages)}
    made |= {name: _whole(side) for name, side in (("chosen", row.chosen), ("rejected", row.rejected))}
    return made | ({"tools": row.tools} if row.tools else {})


@target(kinds=("kto",), carries=_PAIR, config=_trl_rated, source="TRL 1.16, KTOTrainer")
def trl_kto(row: Row) -> Record:
    """TRL, rated answers (KTO)."""
    prompt, completion = row.messages[:-1], row.messages[-1:]
    return {"prompt": _whole(prompt), "completion": _whole(completion), "label": row.label}


def _axolotl_config(given: Setting) -> Files:
    data = """    ds_type: json
    type: chat_template
    field_messages: messages
    field_tools: tools
    # Every answer and its end are trained, but those whose message says `train: false`.
    roles_to_train: [assistant]
    train_on_eos: turn
    message_field_training: train
"""
    tested = (
        f"test_datasets:\n  - path: {given.validation}\n    split: train\n{data}" if given.validation else ""
    )
    return {
        "axolotl.yaml": f"""base_model: {given.model}
chat_template: tokenizer_default
datasets:
  - path: {given.train}
{data}{tested}sequence_len: {given.length}  # no row is longer; longer ones would be left out
train_on_inputs: false
val_set_size: 0
output_dir: out
"""
    }


def _axolotl_warns(source: Source) -> str | None:
    words = source.words()
    return words and (
        f"the template begins answers with {words!r} of its own, which axolotl does not train: "
        "--for axolotl-tokens trains what is proved"
    )


@target(
    kinds=("conversation",),
    carries=(*_ALL, "untrained"),
    config=_axolotl_config,
    warns=_axolotl_warns,
    masked=True,
    source="axolotl 0.19, prompt_strategies.chat_template",
)
def axolotl(row: Row) -> Record:
    """axolotl, chat_template."""
    return _conversation(row, "train")


def _llamafactory_config(given: Setting) -> Files:
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
            "file_name": name,
            "formatting": "sharegpt",
            "columns": {"messages": "messages", "tools": "tools", "system": "system"},
            "tags": tags,
        }
        for split, name in given.files.items()
    }
    evaluated = "eval_dataset: finesift_validation\n" if given.validation else ""
    return {
        "dataset_info.json": orjson.dumps(info, option=orjson.OPT_INDENT_2).decode() + "\n",
        "llamafactory.yaml": f"""model_name_or_path: {given.model}
template: TEMPLATE  # its own templates, not the tokenizer's
stage: sft
do_train: true
finetuning_type: lora
dataset_dir: .
dataset: finesift_train
{evaluated}cutoff_len: {given.length}
train_on_prompt: false
mask_history: false  # all answers are trained
output_dir: out
""",
    }


@target(
    kinds=("conversation",),
    carries=("system", "several", "tools"),
    config=_llamafactory_config,
    note="its templates train the line break behind each answer too, and add empty reasoning to every answer of a "
    "reasoning model: --for llamafactory-tokens trains what is proved",
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


def _swift_config(given: Setting) -> Files:
    tested = f" --val_dataset {given.validation}" if given.validation else ""
    return {
        "ms_swift.sh": f"swift sft --model {given.model} --dataset {given.train}{tested} "
        f"--max_length {given.length} --loss_scale default\n"
    }


@target(
    kinds=("conversation",),
    carries=("system", "several", "untrained"),
    config=_swift_config,
    note="its templates train the line break behind the last answer too, and add empty reasoning to answers of a "
    "reasoning model: --for ms-swift-tokens trains what is proved",
    source="ms-swift 4.6, custom dataset",
)
def ms_swift(row: Row) -> Record:
    """ms-swift, messages."""
    return {"messages": [plain(m, flag="loss") for m in row.messages]}


def _mlx_config(given: Setting) -> Files:
    files = {
        "lora_config.yaml": f"""model: {given.model}  # a folder, with the {TEMPLATE} that lies beside this file
train: true
data: .
max_seq_length: {given.length + 1}  # no row is longer
mask_prompt: true  # trains the last answer only, so rows with more are left out here
batch_size: 1  # with more, the longest rows, which do not fill a batch, are never trained
grad_accumulation_steps: 8
"""
    }
    if given.source.tokenizer is not None:
        files[TEMPLATE] = _ending_with_the_answer(given.source.tokenizer.template.source)
    return files


def _ending_with_the_answer(template: str) -> str:
    """The template without the white space that it writes behind the last message: mlx-lm trains all to the end."""
    return (
        "{%- set conversation -%}" + template + "{%- endset -%}"
        "{{- conversation if add_generation_prompt else conversation.rstrip() -}}"
    )


@target(
    kinds=("conversation",),
    carries=("system", "tools", "reasoning", "uneven"),
    names=("train.jsonl", "valid.jsonl"),
    config=_mlx_config,
    masked=True,
    note="its loss counts one token of padding behind each row too",
    source="mlx-lm 0.32, tuner.datasets",
)
def mlx_lm(row: Row) -> Record:
    """mlx-lm, chats."""
    return _conversation(row)


def _torchtune_config(given: Setting) -> Files:
    return {
        "torchtune.yaml": "dataset:\n  _component_: torchtune.datasets.chat_dataset\n  source: json\n"
        f"  data_files: {given.train}\n  split: train\n  conversation_column: messages\n"
        "  conversation_style: openai\n  train_on_input: false\n"
    }


@target(
    kinds=("conversation",),
    carries=("system", "several"),
    config=_torchtune_config,
    note="its tokenizers write the format of their models themselves, without a default system prompt: "
    "--for torchtune-tokens trains what is proved",
    source="torchtune 0.6.1, chat_dataset",
)
def torchtune(row: Row) -> Record:
    """torchtune, chat_dataset."""
    return {"messages": [plain(m) for m in row.messages]}


@target(
    kinds=("conversation",),
    carries=("system",),
    names=("train.json", "val.json"),
    write=json_array,
    masked=True,
    config=lambda given: {
        "litgpt.sh": f"litgpt finetune_lora CHECKPOINT --data JSON --data.json_path . --data.mask_prompt true "
        f"--data.prompt_style STYLE --train.max_seq_length {given.length}\n"
    },
    note="its prompt styles are its own, and prompt and answer are encoded apart: "
    "--for litgpt-tokens trains what is proved",
    source="LitGPT 0.5.13, data.JSON",
)
def litgpt(row: Row) -> Record:
    """LitGPT, single turns."""
    asked, answered = (
        next(m["content"] or "" for m in row.messages if m["role"] == role) for role in ("user", "assistant")
    )
    system = "".join(m["content"] or "" for m in row.messages if m["role"] == "system")
    return {"instruction": asked, "output": answered} | ({"sys_prompt": system} if system else {})


def _nemo_config(given: Setting) -> Files:
    def data(name: str, file: str) -> str:
        return (
            f"{name}:\n  _target_: nemo_automodel.components.datasets.llm.ChatDataset\n"
            f"  path_or_dataset_id: {file}\n  chat_template: {TEMPLATE}\n"
        )

    template = _marked(given.source)
    tested = data("validation_dataset", given.validation) if given.validation else ""
    text = f"model:\n  pretrained_model_name_or_path: {given.model}\n" + data("dataset", given.train) + tested
    if template is None:
        text = text.replace(f"  chat_template: {TEMPLATE}\n", "")
    return {"automodel.yaml": text} | ({TEMPLATE: template} if template else {})


@target(
    kinds=("conversation",),
    carries=("system", "tools", "reasoning", "several", "open", "uneven"),
    config=_nemo_config,
    warns=lambda source: (
        None
        if source.tokenizer is None or _marked(source)
        else "the template cannot mark what is trained: NeMo trains the whole conversation then"
    ),
    masked=True,
    note="its layout follows its source; it was not run",
    source="NeMo AutoModel 0.7, ChatDataset",
)
def nemo_automodel(row: Row) -> Record:
    """NeMo AutoModel, ChatDataset."""
    return _conversation(row)


@target(
    kinds=("conversation",),
    carries=("system", "several", "open", "uneven"),
    config=lambda given: {
        "open_instruct.sh": f"python open_instruct/finetune.py --model_name_or_path {given.model} "
        f"--dataset_mixer_list {given.train} 1.0 --max_seq_length {given.length} --output_dir out\n"
    },
    note="it renders growing parts of a conversation to find the answers; it was not run",
    source="open-instruct, sft_tulu_tokenize_and_truncate_v1, read in 2026-11",
)
def open_instruct(row: Row) -> Record:
    """open-instruct, messages."""
    return {"messages": [plain(m) for m in row.messages]}
