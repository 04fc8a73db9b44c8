"""The compiled kernels, called through ctypes: the interpreter's lock is free while they run.

Documents are spans of one buffer of UTF-8 text; see `finesift.match.texts`. What counts as a word, and what the
hashes are, stands in kernels.c.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from finesift.errors import FinesiftError

if TYPE_CHECKING:
    pass

LIBRARY = Path(__file__).with_name("libkernels.dll" if sys.platform == "win32" else "libkernels.so")
ISAS = ("base", "avx2", "avx512")
#: Documents that one call works on: enough to hide the call, few enough to share the work out evenly.
BATCH = 4096

T = TypeVar("T")


class Kernels:
    """The functions for one instruction set."""

    def __init__(self, isa: str, library: Path = LIBRARY) -> None:
        try:
            self._library = ctypes.CDLL(str(library))
        except OSError as e:
            raise FinesiftError(
                f"the matching kernels are not built: {e}.",
                hint="Install the package (pip install .), or in a checkout run `python hatch_build.py`.",
            ) from e
        self.isa = isa
        self._functions: dict[str, Any] = {}
        self("init", result=None)

    def __call__(self, name: str, *arguments: Any, result: Any = ctypes.c_int64) -> Any:
        """Calls fs_NAME. Arrays go as pointers, so they must be contiguous; numbers as 64-bit integers."""
        function = self._functions.get(name)
        if function is None:
            try:
                function = self._library[f"fs_{name}_{self.isa}"]
            except AttributeError as e:
                raise FinesiftError(
                    f"the matching kernels are older than the program: they have no {name}.",
                    hint="Install the package again, or in a checkout run `python hatch_build.py`.",
                ) from e
            function.restype = result
            self._functions[name] = function
        value = function(*[_argument(argument) for argument in arguments])
        if value == -1 and result is ctypes.c_int64:
            raise MemoryError(f"matching ran out of memory in {name}")
        return value

    @classmethod
    def best(cls, library: Path = LIBRARY) -> Kernels:
        base = cls("base", library)
        isa = ISAS[base("best", result=ctypes.c_int)]
        return base if isa == "base" else cls(isa, library)


def _argument(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        assert value.flags.c_contiguous
        return ctypes.c_void_p(value.ctypes.data)
    return ctypes.c_int64(value)


@cache
def kernels() -> Kernels:
    """Those for this processor."""
    return Kernels.best()


def in_parallel(work: Callable[[int, int], T], count: int, batch: int = BATCH) -> list[T]:
    """work(lo, hi) over 0 to `count` in steps of `batch`, on all processors; results in order."""
    spans = [(lo, min(lo + batch, count)) for lo in range(0, count, batch)]
    if len(spans) < 2:
        return [work(*span) for span in spans]
    with ThreadPoolExecutor(processors()) as pool:
        return list(pool.map(lambda span: work(*span), spans))


def processors() -> int:
    """How many this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1
