"""An environment for each trainer: what its data code needs and no more, over one that holds torch.

    python benchmarks/trainer/environments.py axolotl

Wheels are installed without what they ask for, since that is graphics libraries and web servers for the most part. Made
when first needed and kept below FINESIFT_PEERS, or ~/.cache/finesift-peers; 2 GB in all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PEERS = Path(os.environ.get("FINESIFT_PEERS", Path.home() / ".cache/finesift-peers"))
BASE = ["torch==2.13.0", "transformers==5.23.0", "datasets==5.2.0", "trl==1.16.0", "httpx", "requests"]

#: The trainer itself comes first.
TRAINERS = {
    "trl": [],
    "axolotl": [
        "axolotl==0.19.0", "transformers==5.16.1", "datasets==4.8.4", "huggingface_hub==1.17.0", "peft==0.20.0",
        "tokenizers==0.23.1", "addict", "fire", "colorama", "python-dotenv", "einops", "posthog", "backoff", "distro",
        "numba", "llvmlite",
    ],
    "llamafactory": [
        "llamafactory==0.9.5", "transformers==5.6.0", "datasets==4.0.0", "tokenizers==0.22.2",
        "huggingface_hub==1.17.0", "peft==0.18.1", "trl==0.24.0", "omegaconf", "antlr4-python3-runtime==4.9.3",
        "einops", "fire",
    ],
    "ms-swift": [
        "ms-swift==4.6.0", "transformers==5.19.0", "datasets==4.8.4", "peft==0.20.0", "trl==0.29.0", "dacite",
        "json-repair", "addict", "modelscope", "modelscope-hub", "pillow", "cryptography", "cffi", "pycparser",
        "aiohttp", "attrs", "multidict", "yarl", "propcache", "aiosignal", "frozenlist", "aiohappyeyeballs",
    ],
    "torchtune": [
        "torchtune==0.6.1", "torchao==0.13.0", "torchdata==0.11.0", "omegaconf", "antlr4-python3-runtime==4.9.3",
        "tiktoken", "sentencepiece", "blobfile", "pycryptodomex", "lxml", "kagglehub", "pillow",
    ],
    "litgpt": [
        "litgpt==0.5.13", "lightning", "pytorch-lightning", "lightning-utilities", "torchmetrics",
        "jsonargparse==4.41.0", "docstring-parser", "typeshed-client", "importlib-resources",
    ],
    "nemo-automodel": ["nemo-automodel==0.7.0", "transformers==5.18.0", "torchdata==0.11.0", "pillow"],
    "unsloth": ["unsloth==2026.10.9", "unsloth_zoo==2026.10.9", "peft", "bitsandbytes", "psutil"],
    "mlx-lm": ["mlx-lm==0.32.2", "mlx", "mlx-cpu", "protobuf", "sentencepiece"],
}  # fmt: skip


def environment(name: str) -> Path:
    """The interpreter of a trainer's environment."""
    base = _made("trainer-base", BASE)
    if not TRAINERS[name]:
        return base
    return _made(f"trainer-{name}", TRAINERS[name], over=base)


def version(name: str) -> str:
    package = name if TRAINERS[name] else "trl"
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.check_output([environment(name), "-c", code], text=True).strip()


def _made(name: str, packages: list[str], over: Path | None = None) -> Path:
    folder = PEERS / name
    python = folder / "bin/python"
    done = folder / "installed.txt"
    if done.exists() and done.read_text("utf-8") == "\n".join(packages):
        return python
    print(f"installing {name}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", *(["--without-pip"] if over else []), folder], check=True)
    site = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    if over:
        # The layer below comes last on the path, so what is installed here hides what is there; pip is from there, too.
        (folder / site / "below.pth").write_text(f"{over.parents[1] / site}\n", "utf-8")
    alone = ["--no-deps"] if over else []
    subprocess.run([python, "-m", "pip", "install", "-q", *alone, *packages], check=True)
    done.write_text("\n".join(packages), "utf-8")
    return python


if __name__ == "__main__":
    for asked in sys.argv[1:] or TRAINERS:
        print(environment(asked))
