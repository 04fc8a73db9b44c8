"""Runs a command as its own process and measures it: wall and CPU seconds, peak resident memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Measured:
    """One process. peak: MB (10^6 bytes) of resident memory, of the largest process where it starts others."""

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


def measure(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    limit: float | None = None,
    errors: IO[str] | None = None,
) -> Measured:
    """Standard output is kept, standard error goes through, or to the file `errors`.

    After `limit` seconds the process and those it started are killed; the code is then that of the signal.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        cwd=cwd,
        start_new_session=True,
        # An installed program is compiled once; one that must not keep what it compiled would be timed compiling.
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    )
    assert process.stdout
    timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL)) if limit else None
    if timer:
        timer.start()
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if timer:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        wall=time.perf_counter() - begun,
        cpu=used.ru_utime + used.ru_stime,
        peak=used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6,
        code=process.returncode,
        output=output,
    )
