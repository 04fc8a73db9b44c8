"""What mlx-lm trains of an export: the batches and the loss that it brings, asked which tokens it counts."""

import importlib

import mlx.core as mx
import numpy as np
from shared import asked, tell
from transformers import AutoTokenizer

IGNORED = -100


def counted(loss, ids, other) -> np.ndarray:
    """Which tokens of the only row a loss counts: those to whose logits it has a gradient.

    other: their labels. Which token it is makes no difference, so seven stand for all.
    """
    few = mx.where(other >= 0, other % 7, other)

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
ours = importlib.import_module("mlx_lm_train")
rows = ours.rows("train.jsonl", AutoTokenizer.from_pretrained(model))
tell(sequences(ours.loss, ours.batches(rows, 1, None)))
