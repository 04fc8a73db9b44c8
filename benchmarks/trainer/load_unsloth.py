"""What Unsloth trains of an export: the batches of its SFTTrainer on the CPU, with a tiny model made from a config."""

import unsloth  # noqa: F401  # first: it changes what is imported after it

from datasets import load_dataset  # isort: skip
from shared import asked, tell  # isort: skip
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer  # isort: skip
from trl import SFTConfig, SFTTrainer  # isort: skip

model, folder = asked()
config = SFTConfig(
    output_dir="out",
    max_length=None,
    dataset_kwargs={"skip_prepare_dataset": True},
    report_to="none",
    use_cpu=True,
    bf16=False,
    per_device_train_batch_size=1,
)
trainer = SFTTrainer(
    AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(model)),
    args=config,
    train_dataset=load_dataset("json", data_files="train.jsonl", split="train", cache_dir="cache"),
    processing_class=AutoTokenizer.from_pretrained(model),
)
tell((batch["input_ids"][0], batch["labels"][0]) for batch in trainer.get_train_dataloader())
