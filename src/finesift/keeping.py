"""Where Finesift keeps what can be fetched or worked out again: FINESIFT_CACHE, by default ~/.cache/finesift."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path | None:
    """None: nowhere, as FINESIFT_CACHE is empty."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "finesift"
    named = os.environ.get("FINESIFT_CACHE")
    return default if named is None else Path(named) if named else None
