"""A tokenizer with its chat template: from a folder, the hub, or the package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import tokenizers
from numpy.typing import NDArray

from finesift.chat.count import Counter
from finesift.chat.template import Template
from finesift.data import tokenizer_folder
from finesift.errors import ModelError

FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "special_tokens_map.json",
    "generation_config.json",
)
_SPECIAL = ("bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token")


class Tokenizer:
    """`encode` and `count` add no special tokens: the template writes those that belong.

    name: as shown to a person. hash: SHA-256 over the files that decide what it does.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        files = {file: folder / file for file in FILES if (folder / file).is_file()}
        if "tokenizer.json" not in files:
            raise ModelError(
                f"{folder}: there is no tokenizer.json.",
                hint="Name the model's folder. Where it has only a slow tokenizer, transformers converts it: "
                "AutoTokenizer.from_pretrained(folder).save_pretrained(folder).",
            )
        self.hash = _hash(files)
        self.backend = _backend(files["tokenizer.json"])
        self._counter = Counter(self.backend, _json(files["tokenizer.json"]))
        config = _json(files.get("tokenizer_config.json"))
        special = {**_json(files.get("special_tokens_map.json")), **config}
        self.tokens = {key: _content(special[key]) for key in _SPECIAL if special.get(key)}
        source = _template_source(files, config)
        self._template = (
            None if source is None else Template(source, tokens=self.tokens, name=f"{name}'s template")
        )

    @property
    def template(self) -> Template:
        """Raises ModelError where the model has none: most base models do not."""
        if self._template is None:
            raise ModelError(
                f"{self.name} has no chat template.",
                hint="Use the tokenizer of the chat model that you will serve, or add a chat_template.jinja.",
            )
        return self._template

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids; text that looks like a special token is one, as trainers read it."""
        return [found.ids for found in self.backend.encode_batch_fast(list(texts), add_special_tokens=False)]

    def count(self, texts: Sequence[str]) -> NDArray[np.uint32]:
        """uint32 [N]: tokens of each text, as many as `encode` gives."""
        return self._counter.count(texts)


def load_tokenizer(name: str | None = None) -> Tokenizer:
    """The packaged SmolLM2 (None), a local folder or tokenizer.json, or a hub id.

    Raises ModelError where there is none, or it cannot be used; there is no falling back to another.
    """
    if name is None:
        return Tokenizer(tokenizer_folder(), "SmolLM2, which is packaged")
    path = Path(name)
    if path.is_dir():
        return Tokenizer(path, name)
    if path.is_file():
        return Tokenizer(path.parent, name)
    return Tokenizer(_from_hub(name), name)


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as e:
        raise ModelError(
            f"{name} is no folder here, and the hub did not give it: {str(e).splitlines()[0]}",
            hint="Name a local folder with tokenizer.json, or leave --tokenizer out to count with SmolLM2's.",
        ) from e


def _backend(file: Path) -> tokenizers.Tokenizer:
    try:
        backend = tokenizers.Tokenizer.from_file(str(file))
    except Exception as e:  # the library raises nothing more specific
        raise ModelError(f"{file}: is no tokenizer that can be used: {e}.") from e
    backend.no_padding()
    backend.no_truncation()
    return backend


def _template_source(files: Mapping[str, Path], config: Mapping[str, Any]) -> str | None:
    """A template of its own file comes before the one in the configuration, as transformers has it."""
    if "chat_template.jinja" in files:
        return files["chat_template.jinja"].read_text("utf-8")
    found = _json(files.get("chat_template.json")).get("chat_template") or config.get("chat_template")
    if isinstance(found, list):
        named = {entry.get("name"): entry.get("template") for entry in found if isinstance(entry, dict)}
        found = named.get("default")
    return found if isinstance(found, str) else None


def _content(token: object) -> str:
    return str(token["content"]) if isinstance(token, dict) else str(token)


def _json(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        found = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as e:
        raise ModelError(f"{file}: is not JSON: {e}.") from e
    if not isinstance(found, dict):
        raise ModelError(f"{file}: holds no JSON object.")
    return found


def _hash(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        content = file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
