"""What the arms train on: tokenised rows, named sets of them, and weights that can travel in pieces.

A folder of inputs holds rows.npz, sets.npz, about.json, words.json and the model's weights; `prepare.py` writes it and
`train.py` reads it, so that the machine that trains needs numpy, PyTorch and tokenizers alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: The two vocabularies: one made from the training rows for models from scratch, and SmolLM2's own.
VOCABULARIES = ("scratch", "smollm2")
#: Longer rows are in no arm, so that no arm cuts an answer unless that is its subject.
LONGEST = 256
#: Bytes of one piece of the weights.
PIECE = 42_000_000


@dataclass
class Rows:
    """Rows as token ids. Row n is `ids[starts[n]:starts[n + 1]]`; from `answers[n]` on it is the model's turn, which
    ends with the end token and a line break that belongs to the template."""

    ids: NDArray[np.uint16]
    starts: NDArray[np.int32]
    answers: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.answers)

    def row(self, number: int) -> NDArray[np.uint16]:
        return self.ids[self.starts[number] : self.starts[number + 1]]

    @property
    def lengths(self) -> NDArray[np.int32]:
        return np.diff(self.starts)


@dataclass
class Inputs:
    """rows: by vocabulary, numbered alike. sets: names to numbers of rows. about: special tokens, and counts."""

    rows: dict[str, Rows]
    sets: dict[str, NDArray[np.int32]]
    about: dict[str, object]
    folder: Path


def save(folder: Path, inputs: Inputs) -> None:
    arrays = {
        f"{name}.{part}": getattr(rows, part)
        for name, rows in inputs.rows.items()
        for part in ("ids", "starts", "answers")
    }
    np.savez_compressed(folder / "rows.npz", **arrays)
    np.savez_compressed(folder / "sets.npz", **inputs.sets)
    (folder / "about.json").write_text(json.dumps(inputs.about, indent=1))


def load(folder: Path) -> Inputs:
    with np.load(folder / "rows.npz") as arrays:
        rows = {
            name: Rows(*(arrays[f"{name}.{part}"] for part in ("ids", "starts", "answers")))
            for name in VOCABULARIES
        }
    with np.load(folder / "sets.npz") as sets:
        return Inputs(rows, dict(sets), json.loads((folder / "about.json").read_text()), folder)


def split_weights(gguf: Path, folder: Path) -> None:
    """The tensors of a GGUF file as they lie, in pieces of at most PIECE bytes, with an index of names and types."""
    from gguf import GGUFReader

    index, blob = [], bytearray()
    for tensor in GGUFReader(gguf).tensors:
        data = tensor.data.tobytes()
        shape = [int(n) for n in reversed(tensor.shape)]
        index.append([tensor.name, tensor.tensor_type.name, shape, len(blob), len(data)])
        blob += data
    for old in folder.glob("weights.*"):
        old.unlink()
    for number, at in enumerate(range(0, len(blob), PIECE)):
        (folder / f"weights.{number}").write_bytes(blob[at : at + PIECE])
    (folder / "weights.json").write_text(json.dumps({"bytes": len(blob), "tensors": index}))


def weights(folder: Path) -> dict[str, NDArray[np.float32]] | None:
    """The tensors by name, dequantised; None unless every piece of them is there."""
    if not (folder / "weights.json").is_file():
        return None
    index = json.loads((folder / "weights.json").read_text())
    blob = b"".join(piece.read_bytes() for piece in sorted(folder.glob("weights.[0-9]")))
    if len(blob) != index["bytes"]:
        return None
    return {
        name: dequantised(kind, blob[at : at + size]).reshape(shape)
        for name, kind, shape, at, size in index["tensors"]
    }


def dequantised(kind: str, data: bytes) -> NDArray[np.float32]:
    """float32 values of a GGUF tensor. Source: ggml's block layouts, 32 values a block."""
    if kind == "F32":
        return np.frombuffer(data, np.float32)
    if kind == "Q8_0":
        blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("values", "i1", 32)]))
        return (blocks["scale"].astype(np.float32)[:, None] * blocks["values"]).ravel()
    if kind == "Q4_1":
        blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("least", "<f2"), ("values", "u1", 16)]))
        nibbles = np.concatenate([blocks["values"] & 15, blocks["values"] >> 4], axis=1)
        scale, least = (blocks[name].astype(np.float32)[:, None] for name in ("scale", "least"))
        return (scale * nibbles + least).ravel()
    raise ValueError(f"a tensor of type {kind}; known are F32, Q8_0 and Q4_1")
