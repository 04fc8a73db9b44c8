"""Runs a command as its own process and measures it: wall and CPU seconds, peak resident memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """One process. peak: MB (10^6 bytes) of resident memory, children not included."""

    wall: float
    cpu: float
    peak: float
    code: int
    output: str


def data_folder() -> Path:
    """The real data that FINESIFT_DATA names; ends the program with a line where it is absent."""
    folder = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        sys.exit(f"real data is absent: no folder {folder}; name one with FINESIFT_DATA")
    return folder


def measure(command: Sequence[str | Path], *, cwd: Path | None = None) -> Measured:
    """Standard output is kept, standard error goes through."""
    begun = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True, cwd=cwd)
    assert process.stdout
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        wall=time.perf_counter() - begun,
        cpu=used.ru_utime + used.ru_stime,
        peak=used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6,
        code=process.returncode,
        output=output,
    )
