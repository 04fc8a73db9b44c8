"""A tokenizer with its chat template: from a folder, the hub, or the package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
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
    tokens: special tokens by name (bos_token, …). stop_ids: the ids that end a generation, by the files.
    """

    def __init__(self, folder: Path, name: str, template: Path | None = None) -> None:
        self.name = name
        files = {file: folder / file for file in FILES if (folder / file).is_file()}
        if "tokenizer.json" not in files:
            raise ModelError(
                f"{folder}: there is no tokenizer.json.",
                hint="Name the model's folder. Where it has only a slow tokenizer, transformers converts it: "
                "AutoTokenizer.from_pretrained(folder).save_pretrained(folder).",
            )
        if template is not None:
            files["chat_template.jinja"] = template
        self.hash = _hash(files)
        self.backend = _backend(files["tokenizer.json"])
        self._counter = Counter(self.backend, _json(files["tokenizer.json"]))
        config = _json(files.get("tokenizer_config.json"))
        special = {**_json(files.get("special_tokens_map.json")), **config}
        self.tokens = {key: _content(special[key]) for key in _SPECIAL if special.get(key)}
        self.stop_ids = _stop_ids(self.backend, self.tokens, _json(files.get("generation_config.json")))
        #: Templates by the place they were found in, in order of precedence; more than one is a trap.
        self.sources = _template_sources(files, config)
        if template is not None:
            self.sources = {str(template): self.sources["chat_template.jinja"]}
        found: dict[str, str] = next(iter(self.sources.values()), {})
        self._templates = {
            key: Template(source, tokens=self.tokens, name=str(template or f"{name}'s template"))
            for key, source in found.items()
            if key in ("default", "tool_use")
        }

    @property
    def template(self) -> Template:
        """Raises ModelError where the model has none: most base models do not."""
        return self.template_for(None)

    def template_for(self, tools: object) -> Template:
        """A model may have a template of its own for conversations with tools."""
        chosen = self._templates.get("tool_use") if tools else None
        if found := chosen or self._templates.get("default"):
            return found
        raise ModelError(
            f"{self.name} has no chat template.",
            hint="Use the tokenizer of the chat model that you will serve, or add a chat_template.jinja.",
        )

    @cached_property
    def document(self) -> tuple[str, str]:
        """What stands before and after a plain text that is trained: bos_token where tokenizer.json puts it before any
        text, and eos_token, as trainers add it."""
        begin, end = (self.tokens.get(name, "") for name in ("bos_token", "eos_token"))
        first = self.backend.encode("").ids[:1]
        return begin if first and first[0] == self.backend.token_to_id(begin) else "", end

    def special_text(self) -> dict[str, int]:
        """Every text that is a token of its own wherever it stands, with its id; longest first."""
        added = self.backend.get_added_tokens_decoder()
        return {
            token.content: number for number, token in sorted(added.items(), key=lambda t: -len(t[1].content))
        }

    def normalized(self, text: str) -> str:
        """The text as the tokenizer reads it, without whitespace, which decoding does not always give back."""
        if normalizer := self.backend.normalizer:
            text = normalizer.normalize_str(text)
        return "".join(text.split())

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids; text that looks like a special token is one, as trainers read it."""
        return [found.ids for found in self.backend.encode_batch_fast(list(texts), add_special_tokens=False)]

    @property
    def counts_in_pieces(self) -> bool:
        """Whether a text may be cut before it is counted; see `finesift.chat.count`."""
        return self._counter.in_pieces

    def count(self, texts: Sequence[str] | pl.Series) -> NDArray[np.uint32]:
        """uint32 [N]: tokens of each text, as many as `encode` gives."""
        return self._counter.count(texts)


def load_tokenizer(name: str | None = None, *, template: str | Path | None = None) -> Tokenizer:
    """The packaged SmolLM2 (None), a local folder or tokenizer.json, or a hub id.

    template: the file of a chat template that takes the place of the tokenizer's own. Raises ModelError where
    there is none, or it cannot be used; there is no falling back to another.
    """
    instead = None if template is None else Path(template)
    if instead is not None and not instead.is_file():
        raise ModelError(f"{instead}: there is no such file.", hint="Name a file that holds a chat template.")
    if name is None:
        return Tokenizer(tokenizer_folder(), "SmolLM2, which is packaged", instead)
    path = Path(name)
    if path.is_dir():
        return Tokenizer(path, name, instead)
    if path.is_file():
        return Tokenizer(path.parent, name, instead)
    return Tokenizer(_from_hub(name), name, instead)


def _from_hub(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    except ImportError as e:
        raise ModelError(
            f"{name} is no folder here, and the hub cannot be asked: {e}.",
            hint="Install the extra:  pip install 'finesift[hf]'  or name a local folder.",
        ) from e
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


def _template_sources(files: Mapping[str, Path], config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Per file its templates by name. A template of its own file comes first, as transformers has it."""
    found: dict[str, object] = {}
    if "chat_template.jinja" in files:
        found["chat_template.jinja"] = _text(files["chat_template.jinja"])
    found["chat_template.json"] = _json(files.get("chat_template.json")).get("chat_template")
    found["tokenizer_config.json"] = config.get("chat_template")
    return {file: named for file, value in found.items() if (named := _named_templates(value))}


def _named_templates(value: object) -> dict[str, str]:
    """One template, or a list of {name, template} as models with a template for tools have it."""
    if isinstance(value, str):
        return {"default": value}
    if isinstance(value, list):
        value = {entry.get("name"): entry.get("template") for entry in value if isinstance(entry, dict)}
    if not isinstance(value, dict):
        return {}
    return {str(name): source for name, source in value.items() if isinstance(source, str)}


def _stop_ids(
    backend: tokenizers.Tokenizer, tokens: Mapping[str, str], generation: Mapping[str, Any]
) -> frozenset[int]:
    """What generation_config.json says (one id, or several) and the tokenizer's own eos_token."""
    said = generation.get("eos_token_id")
    ids = {number for number in (said if isinstance(said, list) else [said]) if isinstance(number, int)}
    own = backend.token_to_id(tokens["eos_token"]) if "eos_token" in tokens else None
    return frozenset(ids if own is None else ids | {own})


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


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as e:
        raise ModelError(f"{file}: is not UTF-8: {e.reason} at byte {e.start}.") from e


def _hash(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        content = file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
