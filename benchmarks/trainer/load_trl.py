"""SFTTrainer's own batches of an export, one row each, with a model of a few thousand weights made from a config."""

from pathlib import Path

from datasets import load_dataset
from shared import asked, tell
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

model, folder = asked()
tokenizer = AutoTokenizer.from_pretrained(model)
data = load_dataset("json", data_files="train.jsonl", split="train", cache_dir="cache")
template = "chat_template.jinja" if Path("chat_template.jinja").exists() else None
config = SFTConfig(
    output_dir="out", assistant_only_loss="messages" in data.column_names, chat_template_path=template, max_length=None,
    report_to="none", use_cpu=True, bf16=False, per_device_train_batch_size=1,
)  # fmt: skip
trainer = SFTTrainer(
    AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(model)),
    args=config,
    train_dataset=data,
    processing_class=tokenizer,
)
tell((batch["input_ids"][0], batch["labels"][0]) for batch in trainer.get_train_dataloader())
