"""What every command prints alike: progress on standard error, JSON and runs on standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from finesift.report.summary import Summary
    from finesift.run import Run


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar per stage on a terminal; nothing in a pipe."""
    with _bars(quiet=quiet or not sys.stderr.isatty()) as tell:
        yield tell


@contextmanager
def _bars(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    if quiet:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from finesift.report import terminal

    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=terminal.console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield tell


def write_file(path: Path, text: str) -> None:
    """Writes a file that a command was asked for. Raises UsageError where it cannot be written."""
    from finesift.errors import UsageError

    try:
        path.expanduser().write_text(text, "utf-8")
    except OSError as e:
        raise UsageError(
            f"{path}: cannot be written ({e.strerror}).", hint="Name a file in a folder that is there."
        ) from e


def print_json(value: object) -> None:
    import orjson

    sys.stdout.write(
        orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n"
    )


def print_run(run: Run, *, json: bool, quiet: bool = False, full: bool = False) -> None:
    if json:
        from finesift.report.verdict import Verdict

        answer = Verdict.from_dict(run.manifest["verdict"]).at(str(run.path))
        print_json({"run": str(run.path), "verdict": answer.as_dict(), **run.manifest["summary"]})
        return
    from finesift.report import terminal

    terminal.console().print(terminal.brief(run) if quiet and not full else terminal.run(run, full=full))


def print_rehearsal(figures: Summary, *, json: bool) -> None:
    """Where rows would go."""
    if json:
        print_json(figures.as_dict())
        return
    from finesift.report import terminal

    terminal.console().print(terminal.summary(figures))
    print("Nothing was written: this was a dry run.")
