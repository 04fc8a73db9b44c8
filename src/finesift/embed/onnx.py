"""Sentence models in ONNX, on this machine's processor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from finesift.embed.encoder import Vectors


class OnnxEncoder:
    """A BERT-like sentence model in ONNX: the mean of its last hidden states, of at most `LONGEST` tokens."""

    LONGEST = 256
    BATCH = 32

    def __init__(self, model: Path, tokenizer: Path, *, name: str) -> None:
        from tokenizers import Tokenizer

        self.name = name
        self._model = model
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(self.LONGEST)
        self._tokenizer.no_padding()

    @cached_property
    def _session(self) -> Any:
        """Loaded for the first text: of most small sets no two rows are near enough to ask it, and it takes 0.3 s."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Threads that wait by spinning take the processor from whatever else runs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(str(self._model), options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(list(texts))
        lengths = np.array([len(one.ids) for one in encoded], np.int64)
        inputs = {given.name for given in self._session.get_inputs()}
        vectors: Vectors | None = None
        # Texts of like length together: the padding of a batch is work too.
        order = np.argsort(lengths, kind="stable")
        for at in range(0, len(order), self.BATCH):
            batch = order[at : at + self.BATCH]
            ids = np.zeros((len(batch), int(lengths[batch].max())), np.int64)
            mask = np.zeros_like(ids)
            for row, number in enumerate(batch):
                ids[row, : lengths[number]] = encoded[number].ids
                mask[row, : lengths[number]] = 1
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            hidden: Any = self._session.run(None, {k: v for k, v in given.items() if k in inputs})[0]
            mean = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            if vectors is None:
                vectors = np.empty((len(texts), mean.shape[1]), np.float32)
            vectors[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return np.empty((0, 0), np.float32) if vectors is None else vectors
