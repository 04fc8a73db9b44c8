"""LLaMA-Factory's `dataset_info.json`: what the files beside it call their columns, roles and tags.

The recipe's own names outrank it; what it says that names say anyhow is left out. Source: LLaMA-Factory's data/README.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from finesift.errors import InputError
from finesift.read.fields import CONTENT_KEYS, ROLE_KEYS, SLOT_OF, folded
from finesift.read.options import Options
from finesift.read.roles import KNOWN

NAME = "dataset_info.json"

# Its names of columns, and ours. Pictures and recordings are known by their own names.
_COLUMNS = {
    "messages": "messages",
    "prompt": "prompt",
    "query": "context",
    "response": "completion",
    "history": "history",
    "system": "system",
    "tools": "tools",
    "chosen": "chosen",
    "rejected": "rejected",
    "kto_tag": "label",
}
_TAGS = {
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "function_tag": "assistant",
    "system_tag": "system",
}


def named(options: Options, file: str) -> Options:
    """The options, with what a `dataset_info.json` beside the file says of it."""
    entry = _entries(Path(file).parent).get(Path(file).name) if file != "-" else None
    if entry is None:
        return options
    columns, roles = _mappings(entry)
    return replace(options, columns={**columns, **options.columns}, roles={**roles, **options.roles})


def files_of(path: Path) -> list[str]:
    """The files that a `dataset_info.json` names and that lie in its folder. Raises InputError where there are none."""
    found = [str(path.parent / name) for name in _entries(path.parent) if (path.parent / name).is_file()]
    if not found:
        raise InputError(
            f"{path}: names no file that lies beside it.",
            hint="Name the files, or fetch what is on the hub first.",
        )
    return found


def _mappings(entry: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    given = {key: name for key, name in _texts(entry.get("columns")) if key in _COLUMNS}
    if given.keys() == {"prompt"} and SLOT_OF.get(folded(given["prompt"])) == "text":
        # Plain text to train on: LLaMA-Factory calls that a prompt, too.
        given = {}
    columns = {
        name: _COLUMNS[key] for key, name in given.items() if SLOT_OF.get(folded(name)) != _COLUMNS[key]
    }
    tags = dict(_texts(entry.get("tags")))
    for tag, known, target in (("role_tag", ROLE_KEYS, "role"), ("content_tag", CONTENT_KEYS, "content")):
        if tag in tags and tags[tag] not in known:
            columns[tags[tag]] = target
    roles = {tags[tag]: role for tag, role in _TAGS.items() if tag in tags and KNOWN.get(tags[tag]) != role}
    return columns, roles


def _texts(value: Any) -> list[tuple[str, str]]:
    pairs = value.items() if isinstance(value, dict) else ()
    return [(key, name) for key, name in pairs if isinstance(name, str) and name]


@lru_cache(maxsize=64)
def _read(path: Path, _changed: float) -> dict[str, Any]:
    try:
        said = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        # Hugging Face writes a file of this name too; one that cannot be read says nothing.
        return {}
    entries = said.values() if isinstance(said, dict) else ()
    # A name is that of a file beside it: what is data must not lead elsewhere.
    return {
        entry["file_name"]: entry
        for entry in entries
        if isinstance(entry, dict)
        and isinstance(entry.get("file_name"), str)
        and Path(entry["file_name"]).name == entry["file_name"]
    }


def _entries(folder: Path) -> dict[str, Any]:
    path = folder / NAME
    try:
        return _read(path, path.stat().st_mtime)
    except OSError:
        return {}
