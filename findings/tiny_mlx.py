"""What mlx-lm trains of rows: its own data sets, batches and loss, with a model that knows nothing."""

from types import SimpleNamespace

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optimizers
import numpy as np
from mlx_lm.tuner.datasets import CacheDataset, create_dataset
from mlx_lm.tuner.trainer import default_loss, iterate_batches
from tiny import tokenizer


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(300, 8)

    def __call__(self, ids):
        return self.embedding.as_linear(self.embedding(ids))


def _batches(rows, batch_size, mask_prompt, limit):
    words = tokenizer()
    data = CacheDataset(create_dataset(rows, words, SimpleNamespace(mask_prompt=mask_prompt)))
    return words, iterate_batches(data, batch_size, limit)


def _loss_of(logits, ids, lengths):
    return default_loss(lambda _: logits, ids, lengths)[0]


def batches(rows, *, batch_size, mask_prompt, limit=2048):
    """Per batch the trained text of each row, and the loss. A token is trained if the loss sees its logits."""
    words, made = _batches(rows, batch_size, mask_prompt, limit)
    out = []
    for ids, lengths in made:
        logits = mx.zeros((*ids[:, 1:].shape, 300))
        loss, gradient = mx.value_and_grad(_loss_of)(logits, ids, lengths)
        used = np.abs(np.nan_to_num(np.array(gradient))).sum(-1) > 0
        targets = np.array(ids)[:, 1:]
        out.append(
            ([words.decode(row[mask].tolist()) for row, mask in zip(targets, used, strict=True)], loss.item())
        )
    return out


def weights_after(rows, *, batch_size, mask_prompt, limit):
    """The sum of the weights after one step of SGD."""
    _, made = _batches(rows, batch_size, mask_prompt, limit)
    model, (ids, lengths) = Model(), next(iter(made))
    _, gradient = nn.value_and_grad(model, lambda m: default_loss(m, ids, lengths)[0])(model)
    optimizers.SGD(0.1).update(model, gradient)
    return model.embedding.weight.sum().item()
