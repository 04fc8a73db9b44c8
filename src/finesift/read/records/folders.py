"""Folders of data: those that HF `datasets` saved, those of plain files, and those on the hub."""

from __future__ import annotations

import re
from pathlib import Path

import orjson

from finesift.errors import InputError
from finesift.read.dataset_info import NAME

_DATA = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet", ".arrow", ".feather", ".zip")
_PACKED = (".gz", ".zst", ".bz2", ".xz")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def files_in(folder: str | Path) -> list[str]:
    """The data files of a folder and of those in it, sorted; those of a saved HF data set in its own order.

    Raises InputError where there are none.
    """
    folder = Path(folder)
    if (folder / "dataset_dict.json").is_file():
        splits = _read(folder / "dataset_dict.json").get("splits")
        names = splits if isinstance(splits, list) else []
        return [file for split in names for file in files_in(_within(folder, split))]
    if (folder / "state.json").is_file():
        return _saved(folder)
    found = sorted(
        str(path)
        for path in folder.rglob("*")
        if path.is_file()
        and is_data(path.name)
        and path.name != NAME
        and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )
    if not found:
        raise InputError(
            f"{folder}: no data in this folder.",
            hint=f"Files of rows end in {', '.join(_DATA)}, also packed.",
        )
    return found


def from_hub(name: str) -> list[str]:
    """The data files of a hub data set; its loading script, if it has one, is never run.

    Raises InputError where huggingface_hub is not installed, or the data set cannot be fetched.
    """
    if not _HUB_NAME.fullmatch(name):
        raise InputError(f"hf://{name}: is no hub id; expected hf://ORGANISATION/NAME.")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError:
        raise InputError(
            f"hf://{name}: reading from the hub needs the extra [hf].", hint='pip install "finesift[hf]"'
        ) from None
    patterns = [f"*{ending}{packed}" for ending in _DATA for packed in ("", *_PACKED)]
    try:
        folder = snapshot_download(name, repo_type="dataset", allow_patterns=patterns)
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise InputError(
            f"hf://{name}: cannot be fetched: {str(error).splitlines()[0]}",
            hint="Check the id and the network, or download the files and name them.",
        ) from None
    return files_in(folder)


def may_be_hub_name(path: str) -> bool:
    return bool(_HUB_NAME.fullmatch(path)) and not is_data(path)


def _saved(folder: Path) -> list[str]:
    state = _read(folder / "state.json")
    if state.get("_indices_data_files"):
        raise InputError(
            f"{folder}: rows were selected or shuffled without being written.",
            hint="Call flatten_indices() before save_to_disk().",
        )
    files = state.get("_data_files")
    names = (
        [file.get("filename") for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    )
    return [str(_within(folder, name)) for name in names]


def _within(folder: Path, name: object) -> Path:
    """A path in the folder. What the folder's own files say is data: it must not lead elsewhere."""
    if not isinstance(name, str) or Path(name).name != name:
        raise InputError(f"{folder}: names {name!r}, which is no file or folder in it.")
    return folder / name


def _read(path: Path) -> dict[str, object]:
    try:
        value = orjson.loads(path.read_bytes())
    except (orjson.JSONDecodeError, OSError) as error:
        raise InputError(f"{path}: cannot be read: {error}.") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object.")
    return value


def is_data(name: str) -> bool:
    """Whether a file of this name is one of rows."""
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.lower().endswith(_DATA)
