"""Compiles the matching kernels when the package is built or installed.

With the system's C compiler or, where there is none, with the one that the package ziglang brings.
In a checkout that is used without installing:  python hatch_build.py
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by hand
    BuildHookInterface = object  # type: ignore[assignment, misc]

MATCH = Path(__file__).parent / "src/finesift/match"
SOURCE = MATCH / "kernels.c"
LIBRARY = MATCH / ("libkernels.dll" if sys.platform == "win32" else "libkernels.so")

FLAGS = ["-O3", "-std=c11", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unused-function"]
VARIANTS = {"base": ["-DDISPATCH"]}
if platform.machine().lower() in ("x86_64", "amd64"):
    VARIANTS |= {
        "avx2": ["-mavx2", "-mbmi", "-mbmi2"],
        "avx512": ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mbmi", "-mbmi2"],
    }


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's hook: builds before files are collected, and names the platform in the wheel's tag."""

    def dependencies(self) -> list[str]:
        return [] if system_compiler() else ["ziglang>=0.13"]

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        compile_kernels()
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        build_data["artifacts"].append(str(LIBRARY.relative_to(Path(self.root))))


def system_compiler() -> list[str] | None:
    """The command in CC, else the first compiler on PATH."""
    named = shlex.split(os.environ.get("CC", ""))
    found = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    return named or ([found] if found else None)


def compile_kernels(library: Path = LIBRARY, *extra: str, compiler: list[str] | None = None) -> None:
    """Compiles each variant and links them into one library. `extra` are further compiler flags."""
    compiler = compiler or system_compiler()
    link = []
    if not compiler:
        # Zig would otherwise compile the base variant for the machine it runs on.
        compiler = [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline"]
        if sys.platform == "linux":
            # Zig would otherwise first build a C library to link with, for 20 s; the interpreter has one loaded.
            link = ["-nostdlib"]
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for name, flags in VARIANTS.items():
            objects.append(str(Path(folder, f"{name}.o")))
            _run([*compiler, *FLAGS, *flags, *extra, f"-DISA={name}", "-c", str(SOURCE), "-o", objects[-1]])
        # Written under another name first: a process that has the old library open keeps it.
        linked = library.with_name(f".{library.name}.{os.getpid()}")
        _run([*compiler, "-shared", *link, *extra, *objects, "-o", str(linked)])
        linked.replace(library)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"The matching kernels do not compile:\n  {shlex.join(command)}\n{done.stderr}")
    if done.stderr:
        print(done.stderr, file=sys.stderr)


if __name__ == "__main__":
    compile_kernels()
    print(f"compiled {LIBRARY}")
