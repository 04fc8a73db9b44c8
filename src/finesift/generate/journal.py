"""What was asked and what came: a line before each request and one after, so that nothing is paid twice.

    {"task": 7, "asked": true}                          before the request
    {"task": 7, "answer": "…", "prompt_tokens": …}      once it came
    {"task": 7, "refused": "…"}                         where no server took it: it may be asked again

A task that was asked and has no end was cut off by a kill: it may have been paid for, so it is not asked again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from finesift.errors import RunError


@dataclass(frozen=True)
class Entry:
    """What became of a task. answer: None where nothing came."""

    answer: str | None
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str | None


class Journal:
    """An append-only file. Raises RunError where what is there is no journal, or is of another plan."""

    def __init__(self, path: Path, signature: str) -> None:
        self.path = path
        self.known: dict[int, Entry] = {}
        self._lock = Lock()
        if path.exists():
            self._read(signature)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append({"signature": signature})

    def asked(self, task: int) -> None:
        self._append({"task": task, "asked": True})

    def answered(self, task: int, entry: Entry) -> None:
        self.known[task] = entry
        self._append(
            {
                "task": task,
                "answer": entry.answer,
                "prompt_tokens": entry.prompt_tokens,
                "completion_tokens": entry.completion_tokens,
                "finish_reason": entry.finish_reason,
            }
        )

    def refused(self, task: int, why: str) -> None:
        self._append({"task": task, "refused": why})

    def _append(self, line: dict[str, Any]) -> None:
        with self._lock, self.path.open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self, signature: str) -> None:
        lines = self.path.read_bytes().split(b"\n")
        # What stands behind the last line's end was cut off while it was written.
        if lines[-1]:
            with self.path.open("rb+") as file:
                file.truncate(sum(len(line) + 1 for line in lines[:-1]))
        try:
            head, *entries = [orjson.loads(line) for line in lines[:-1] if line]
            before = head["signature"]
            for said in entries:
                if "refused" in said:
                    self.known.pop(said["task"], None)
                    continue
                came = Entry(
                    said.get("answer"),
                    said.get("prompt_tokens", 0),
                    said.get("completion_tokens", 0),
                    said.get("finish_reason"),
                )
                self.known[said["task"]] = came
        except (orjson.JSONDecodeError, ValueError, KeyError, TypeError, AttributeError) as e:
            raise RunError(
                f"{self.path} is no journal of a generation: {e}.", hint="Choose another folder."
            ) from e
        if before != signature:
            raise RunError(
                f"{self.path} is of another plan, model or run.",
                hint="Go on with what it was begun with, or choose another folder with -o.",
            )
