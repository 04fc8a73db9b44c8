"""What every loader shares: which folder to read, and where the sequences go."""

from __future__ import annotations

import importlib.machinery
import json
import os
import sys
import types
from collections.abc import Iterable
from pathlib import Path


def asked() -> tuple[str, Path]:
    """The model's folder and the export's, which is the working directory from here on."""
    model, export = sys.argv[1:3]
    os.chdir(export)
    sys.path.insert(0, export)
    return model, Path(export)


def tell(sequences: Iterable[tuple[Iterable[int], Iterable[int]]]) -> None:
    """Writes token ids and labels, a JSON line for each sequence, to the file that is the third argument."""
    with Path(sys.argv[3]).open("w", encoding="utf-8") as out:
        for ids, labels in sequences:
            line = {"input_ids": [int(one) for one in ids], "labels": [int(one) for one in labels]}
            out.write(json.dumps(line) + "\n")


def stand_in(*names: str) -> None:
    """Empty modules for packages that data code imports and does not use, such as torchaudio."""
    for name in names:
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        sys.modules[name] = module
