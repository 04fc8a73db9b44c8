"""The command line: parse, call, print. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

from finesift.cli.program import app
from finesift.errors import FinesiftError

__all__ = ["app", "main"]

# In the order of the help text, which is the order of use.
COMMANDS = (
    "init",
    "inspect",
    "prep",
    "review",
    "check",
    "decide",
    "show",
    "near",
    "diff",
    "export",
    "push",
    "unseal",
    "verify",
    "plan",
    "cover",
    "generate",
    "select",
    "recipe",
    "checks",
    "demo",
    "mask",
    "lint",
    "template",
    "audit",
)
for _command in COMMANDS:
    import_module(f"finesift.cli.{_command}")


#: What a shell says of a program that was interrupted.
STOPPED = 130


def main() -> None:
    """The program `finesift`: exit code 0 fine, 1 a fault was found, 2 bad usage or unreadable input."""
    # Nothing here multiplies matrices: the threads that NumPy's BLAS starts on import would only spin, 0.1 s of CPU.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Rows pass as many small objects that hold no circles: looking for some every 700 of them takes 1 s on 50,000 rows.
    gc.set_threshold(50_000, 20, 100)
    try:
        app()
    except SystemExit as e:
        if e.code == STOPPED:  # wherever in the command that was
            print("stopped: nothing was left half-written, and what was there is as it was", file=sys.stderr)
        raise
    except FinesiftError as e:
        from finesift.report import terminal

        terminal.console(stderr=True).print(terminal.error(e.args[0], e.hint))
        sys.exit(2)
