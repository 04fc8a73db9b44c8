"""Peers live in virtual environments of their own, so that none decides which numpy another runs with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEERS = Path(os.environ.get("FINESIFT_PEERS", Path.home() / ".cache/finesift-peers"))


def environment(name: str, packages: list[str]) -> Path:
    """The interpreter of a peer's environment, made when first needed; absent where the peer does not install."""
    folder = PEERS / name
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        print(f"installing {name}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        done = subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=False)
        if done.returncode:
            python.unlink()
    return python


def version(python: Path, name: str) -> str:
    """The name with the version that is installed; the name alone where it is not."""
    if not python.exists():
        return name
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    return f"{name} {subprocess.check_output([python, '-c', code], text=True).strip()}"


def ask(name: str, packages: list[str], script: str, given: object, *options: str) -> tuple[str, Any]:
    """What a peer's script, peers/`script`, makes of JSON; with the peer's name and version.

    The second is a sentence, a str, where the peer does not install or does not run.
    """
    python = environment(name, packages)
    known = version(python, name)
    if not python.exists():
        return known, "does not install"
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "given.json"), Path(folder, "found.json")
        source.write_text(json.dumps(given), "utf-8")
        command = [str(python), str(HERE / "peers" / script), str(source), str(out), *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [""])[-1]
            return known, f"does not run: {last[:120]}"
        return known, json.loads(out.read_text("utf-8"))
