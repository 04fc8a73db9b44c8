"""What mlx-lm trains of an export: its batches, and its own loss asked which tokens it counts."""

import importlib
import types
from pathlib import Path

import mlx.core as mx
import numpy as np
import yaml
from mlx_lm.tuner.datasets import CacheDataset, load_dataset
from mlx_lm.tuner.trainer import default_loss, iterate_batches
from shared import asked, tell
from transformers import AutoTokenizer

IGNORED = -100


def counted(loss, ids, other) -> np.ndarray:
    """Which tokens of the only row a loss counts: those to whose logits it has a gradient.

    other: their labels, or where the answer begins and the row ends. Which token it is makes no difference, so seven
    stand for all.
    """
    few = mx.where(other >= 0, other % 7, other) if other.shape == ids.shape else other

    def asking(bias):
        return loss(lambda given: mx.zeros((*given.shape, 7)) + bias, ids % 7, few)[0]

    slopes = mx.grad(asking)(mx.zeros((1, ids.shape[1] - 1, 7)))
    return np.append(False, np.asarray(mx.abs(slopes).sum(axis=-1))[0] > 0)


def sequences(loss, batches):
    for batch in batches:
        ids = np.asarray(batch[0])[0]
        trained = counted(loss, *batch)
        # Padding that is not counted is nothing that trains.
        length = int(np.flatnonzero(trained | (ids != 0))[-1]) + 1
        yield ids[:length], np.where(trained, ids, IGNORED)[:length]


model, folder = asked()
if Path("train.py").exists():
    ours = importlib.import_module("train")
    tell(sequences(ours.loss, ours.batches(ours.rows("train.jsonl"), 1, None)))
else:
    settings = yaml.safe_load(Path("lora_config.yaml").read_text("utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = Path("chat_template.jinja").read_text("utf-8")
    train, _, _ = load_dataset(types.SimpleNamespace(**settings | {"data": ".", "test": False}), tokenizer)
    batches = iterate_batches(CacheDataset(train), settings["batch_size"], settings["max_seq_length"])
    tell(sequences(default_loss, batches))
