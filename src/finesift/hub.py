"""A run on the Hugging Face hub: its splits and a card that names them, and nothing else of the run folder.

    push(Run.open("run"), "org/name")

Private unless asked otherwise. The test set goes along only where it is named, and was unsealed before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finesift.errors import InputError, ModelError, RunError, UsageError
from finesift.report.card import card
from finesift.report.summary import Summary
from finesift.run import Run, sha256
from finesift.write.kinds import KINDS, file_of

if TYPE_CHECKING:
    from huggingface_hub import HfApi

CARD = "README.md"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class Pushed:
    """files: rows by name, of the card none. url: where they are."""

    repository: str
    url: str
    private: bool
    files: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def push(
    run: Run, name: str, *, public: bool = False, test: bool = False, message: str | None = None
) -> Pushed:
    """Uploads train and validation, and the test set where `test` says so, in one commit.

    Raises UsageError where the name is none, the repository is public and that was not asked for, or the test set is
    still sealed; RunError where a file is not what the run says; InputError where the hub refuses or is not reached.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name} is no name on the hub.", hint="Write it as  organisation/name.")
    files = chosen(run, test=test)
    splits = ["train", "validation", *(["test"] if test else [])]
    text = card(Summary.from_dict(run.manifest["summary"]), _with_test(run, files), name, published=splits)
    private, url = _upload(name, files, text, public=public, message=message or f"Finesift: {run.path.name}")
    return Pushed(name, url, private, {CARD: 0} | {file.name: rows for file, rows in files.items()})


def chosen(run: Run, *, test: bool) -> dict[Path, int]:
    """The files that go along, with their rows: those of splits that have any, each as the manifest knows it."""
    outputs = run.manifest["outputs"]
    if test and not run.manifest.get("openings"):
        raise UsageError(
            f"the test set of {run.path} is sealed, and is not published unseen.",
            hint='`finesift unseal RUN --why "…"` opens it, on record.',
        )
    files: dict[Path, int] = {}
    for split in ("train", "validation"):
        for kind in KINDS:
            found = outputs.get(file_of(split, kind))
            if not found or not found["rows"]:
                continue
            file = run.path / file_of(split, kind)
            if not file.is_file() or sha256(file) != found["sha256"]:
                raise RunError(
                    f"{file} is not what the run wrote.",
                    hint="`finesift verify RUN` says more; make the run again.",
                )
            files[file] = found["rows"]
    if test:
        names = (run.path / file_of("test", kind) for kind in KINDS)
        files |= {file: file.read_bytes().count(b"\n") for file in names if file.is_file()}
    return files


def _with_test(run: Run, files: Mapping[Path, int]) -> dict[str, Any]:
    """The manifest, with the rows of the opened test set, which is no output of the run."""
    opened = {file.name: {"rows": rows} for file, rows in files.items()}
    return {**run.manifest, "outputs": {**run.manifest["outputs"], **opened}}


def _upload(
    name: str, files: Mapping[Path, int], text: str, *, public: bool, message: str
) -> tuple[bool, str]:
    try:
        from huggingface_hub import CommitOperationAdd, HfApi
        from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError
    except ImportError as e:
        raise ModelError(
            f"the hub cannot be reached: {e}.", hint="Install the extra:  pip install 'finesift[hf]'"
        ) from e
    api = HfApi()
    try:
        url = str(api.create_repo(name, repo_type="dataset", private=not public, exist_ok=True))
        private = _is_private(api, name)
        if not private and not public:
            raise UsageError(
                f"{name} is public already, and nothing was uploaded.",
                hint="Say --public if the rows may be seen by anybody, or choose another name.",
            )
        operations = [CommitOperationAdd(CARD, text.encode())]
        operations += [CommitOperationAdd(file.name, str(file)) for file in files]
        api.create_commit(name, operations, commit_message=message, repo_type="dataset")
    except (HfHubHTTPError, LocalTokenNotFoundError, OSError) as e:
        raise InputError(
            f"the hub did not take {name}: {str(e).strip().splitlines()[0]}",
            hint="`hf auth login` gives you a token that may write; HF_ENDPOINT names another hub.",
        ) from e
    return private, url


def _is_private(api: HfApi, name: str) -> bool:
    return bool(api.repo_info(name, repo_type="dataset").private)
