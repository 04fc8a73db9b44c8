#!/usr/bin/env bash
# Guess: of a preference pair of whole conversations only the last answers are compared; the shared part is the prompt,
# cut between messages.
# Seen: DPOTrainer compares everything after the first difference: where the sides differ early, the user's later words
# count as a completion; and two texts without a prompt are cut inside a word ("oa|k", "oa|r").
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 trl==1.16.0 transformers==5.24.0 datasets==5.2.0
cd "$folder"
python - 2>/dev/null <<'PY'
import datasets
from tiny import chat, model, tokenizer
from trl import DPOConfig, DPOTrainer

def completions(row):
    words = tokenizer()
    trainer = DPOTrainer(
        model=model(), ref_model=model(), processing_class=words, train_dataset=datasets.Dataset.from_list([row]),
        args=DPOConfig(output_dir="out", report_to=[], use_cpu=True, bf16=False, dataloader_pin_memory=False),
    )
    batch = next(iter(trainer.get_train_dataloader()))
    return [
        words.decode([token for token, used in zip(ids, mask) if used])
        for ids, mask in zip(batch["input_ids"].tolist(), batch["completion_mask"].tolist())
    ]

early = completions({"chosen": chat("q", "a", "AND NOW?", "c")["messages"], "rejected": chat("q", "b")["messages"]})
inside = completions({"chosen": "Q: tree? A: oak", "rejected": "Q: tree? A: oar"})
print(early, inside)
assert "AND NOW?" in early[0]
assert inside == ["k<|im_end|>", "r<|im_end|>"]
PY
