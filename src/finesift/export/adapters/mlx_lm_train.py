"""LoRA with mlx-lm, with a loss that counts what is labelled and nothing else: `python mlx_lm_train.py`."""

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
from proved import rows

MODEL = "MODEL"
LENGTH = 4_096
BATCH = 4


def batches(dataset, batch_size, max_seq_length, loop=False, seed=None, comm_group=None):
    """Rows of about one length together; the last batch is as large as it happens to be, so that no row is lost."""
    order = sorted(range(len(dataset)), key=lambda number: len(dataset[number]["input_ids"]))
    parts = [order[at : at + batch_size] for at in range(0, len(order), batch_size)]
    while True:
        for part in np.random.permutation(len(parts)):
            chosen = [dataset[number] for number in parts[part]]
            width = max(len(row["input_ids"]) for row in chosen)
            ids = np.zeros((len(chosen), width), np.int32)
            labels = np.full((len(chosen), width), -100, np.int32)
            for place, row in enumerate(chosen):
                ids[place, : len(row["input_ids"])] = row["input_ids"]
                labels[place, : len(row["labels"])] = row["labels"]
            yield mx.array(ids), mx.array(labels)
        if not loop:
            return


def loss(model, ids, labels):
    wanted = labels[:, 1:]
    trained = wanted >= 0
    found = nn.losses.cross_entropy(model(ids[:, :-1]), mx.where(trained, wanted, 0)) * trained
    return found.astype(mx.float32).sum() / mx.maximum(trained.sum(), 1), trained.sum()


def main():
    from mlx_lm import load
    from mlx_lm.tuner.trainer import TrainingArgs, train
    from mlx_lm.tuner.utils import linear_to_lora_layers
    from transformers import AutoTokenizer

    model, _ = load(MODEL)
    model.freeze()
    linear_to_lora_layers(model, 16, {"rank": 8, "scale": 20.0, "dropout": 0.0})
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    data, tested = (rows(file, tokenizer) for file in ("train.jsonl", "validation.jsonl"))
    args = TrainingArgs(batch_size=BATCH, iters=3 * -(-len(data) // BATCH), max_seq_length=LENGTH)
    train(model, optim.Adam(1e-5), data, tested or None, args=args, loss=loss, iterate_batches=batches)


if __name__ == "__main__":
    main()
