"""Where work is done: in threads of this process, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

from finesift.match.kernels import processors

#: A task looks at the job and at one item of it (a shard, a bucket), leaves files, and returns a little JSON.
Task = Callable[[Any, int], Any]


class Engine(Protocol):
    """Runs tasks; all that they share lies in the working folder."""

    def map(self, task: Task, job: Any, items: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """Each item with what the task returned for it, in any order. What a task raises is raised here."""
        ...


class Local:
    """Threads of this process. workers: how many tasks at a time, by default one for each processor."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or processors()

    def map(self, task: Task, job: Any, items: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """See `Engine.map`."""
        waiting = list(reversed(items))
        with ThreadPoolExecutor(self.workers) as pool:
            running: dict[Future[Any], int] = {}
            try:
                while waiting or running:
                    while waiting and len(running) < self.workers:
                        item = waiting.pop()
                        running[pool.submit(task, job, item)] = item
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for one in done:
                        yield running.pop(one), one.result()
            finally:
                for one in running:
                    one.cancel()
