"""The batches of TRL's own trainers of an export, one row each, with a tiny model made from a config."""

from pathlib import Path

from datasets import load_dataset
from shared import asked, tell
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, SFTConfig, SFTTrainer

model, folder = asked()
tokenizer = AutoTokenizer.from_pretrained(model)
data = load_dataset("json", data_files="train.jsonl", split="train", cache_dir="cache")
template = "chat_template.jinja" if Path("chat_template.jinja").exists() else None
made, other = (AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(model)) for _ in range(2))
shared = {
    "output_dir": "out", "max_length": None, "report_to": "none", "use_cpu": True, "bf16": False,
    "per_device_train_batch_size": 1,
}  # fmt: skip
given = {"train_dataset": data, "processing_class": tokenizer}


def sft():
    marked = "messages" in data.column_names
    config = SFTConfig(**shared, assistant_only_loss=marked, chat_template_path=template)
    for batch in SFTTrainer(made, args=config, **given).get_train_dataloader():
        yield batch["input_ids"][0], batch["labels"][0]


def compared(trainer):
    """The sides of pairs, or rated answers: what counts as the completion is what is trained."""
    for batch in trainer.get_train_dataloader():
        parts = (batch[name] for name in ("input_ids", "attention_mask", "completion_mask"))
        for ids, real, counted in zip(*parts, strict=True):
            kept = real.bool()
            yield ids[kept], ids.where(counted.bool(), -100)[kept]


if template and "messages" not in data.column_names:
    tokenizer.chat_template = Path(template).read_text("utf-8")
if "chosen" in data.column_names:
    tell(compared(DPOTrainer(made, other, args=DPOConfig(**shared), **given)))
elif "label" in data.column_names:
    shared["per_device_train_batch_size"] = 2  # of one it refuses
    tell(compared(KTOTrainer(made, other, args=KTOConfig(**shared), **given)))
else:
    tell(sft())
