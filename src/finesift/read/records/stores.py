"""Files in object stores, s3:// and the like: fetched once, through fsspec, and read here."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from finesift.errors import InputError
from finesift.keeping import folder
from finesift.read.records.folders import is_data

#: By how an address begins, what has to be installed beside fsspec. Others are refused: a recipe is somebody else's,
#: and an address of the web can be anything.
STORES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "oci": "ocifs",
    "oss": "ossfs",
    "memory": "",
}


def is_remote(pattern: str) -> bool:
    """Whether it is an address, not a path. A drive's letter is no store."""
    scheme, found, _ = pattern.partition("://")
    return bool(found) and len(scheme) > 1 and scheme.replace("+", "").isalnum()


@cache
def from_store(pattern: str) -> tuple[str, ...]:
    """The files here that hold what an address names: a file, a glob (sorted), or all data of a folder.

    What has not changed since is not fetched again. Raises InputError where it cannot be reached or names nothing.
    """
    scheme = pattern.partition("://")[0].lower()
    if scheme not in STORES:
        raise InputError(
            f"{pattern}: {scheme}:// is no store that is read from.",
            hint=f"Known are hf:// and {', '.join(f'{name}://' for name in STORES if STORES[name])}; "
            "fetch anything else yourself, and name the file.",
        )
    try:
        import fsspec
    except ImportError:
        raise InputError(f"{pattern}: reading from a store needs fsspec.", hint=_install(scheme)) from None
    try:
        store, path = fsspec.core.url_to_fs(pattern)
        names = _names(store, path)
        if not names:
            raise InputError(
                f"{pattern}: matches no file.", hint="Check the bucket, the path and its pattern."
            )
        return tuple(_fetched(store, name, scheme) for name in names)
    except ImportError as error:
        raise InputError(f"{pattern}: cannot be reached: {error}.", hint=_install(scheme)) from None
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  # each store has errors of its own, which share no class
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{pattern}: cannot be fetched: {said}.",
            hint="Check the address and that you may read it: credentials are looked for where the store's own tools "
            "look.",
        ) from None


def _names(store: Any, path: str) -> list[str]:
    if any(sign in path for sign in "*?["):
        return sorted(name for name in store.glob(path) if not store.isdir(name))
    if store.isdir(path):
        return sorted(
            name
            for name in store.find(path)
            if is_data(Path(name).name)
            and not any(part.startswith(".") for part in name.removeprefix(path).split("/"))
        )
    return [path] if store.exists(path) else []


def _fetched(store: Any, name: str, scheme: str) -> str:
    """The file here. Its folder is named after what tells this version of it from others."""
    known = hashlib.sha256(f"{scheme}://{name}\0{store.ukey(name)}".encode()).hexdigest()[:16]
    kept = folder()
    home = Path(tempfile.mkdtemp(prefix="finesift-")) if kept is None else kept / "stores" / known
    target = home / Path(name).name
    if not target.is_file():
        home.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}.partial")
        try:
            store.get_file(name, str(part))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return str(target)


def _install(scheme: str) -> str:
    beside = STORES[scheme]
    return f"pip install fsspec {beside}".rstrip()
