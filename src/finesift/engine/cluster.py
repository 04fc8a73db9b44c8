"""Tasks on a Ray cluster (extra `[ray]`). What they share lies in the working folder, which every node must see.

Plain tasks, retried where a worker dies: rows meet in files of our own, so nothing is grouped or joined by Ray, and
nothing but numbers of items goes through its object store.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import polars as pl

from finesift import __version__
from finesift.engine.tasks import Task
from finesift.engine.work import Job, whole
from finesift.errors import RunError, UsageError

#: Times that a task is tried again when its worker dies.
RETRIES = 5
# Keys are hashes of Polars, which another version, or another machine, may make otherwise.
_SAMPLE = pl.DataFrame({"text": ["", "a", "naïve café", "x" * 200], "number": [0, 1, 2**31, None]})


class Cluster:
    """A Ray cluster: at `address`, "auto" for the one that this machine belongs to, or one of this machine's own."""

    def __init__(self, address: str | None = None) -> None:
        try:
            import ray
        except ImportError:
            raise UsageError(
                "--engine ray needs Ray.", hint="Install it on every node:  pip install 'finesift[ray]'"
            ) from None
        self.ray = ray
        if not ray.is_initialized():
            try:
                ray.init(
                    address=address, log_to_driver=False, include_dashboard=False, configure_logging=False
                )
            except ConnectionError as e:
                raise UsageError(
                    f"no Ray cluster answers at {address}: {e}.",
                    hint="Start one:  ray start --head. If it asks for a token, say  export RAY_AUTH_MODE=token  here "
                    "and on every node.",
                ) from e
        self._checked: set[str] = set()

    def map(self, task: Task, job: Job, items: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """See `Engine.map`."""
        if not items:
            return
        self._refuse_strangers(job)
        ray = self.ray
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(_call)
        shared = ray.put((task, job))
        waiting = list(reversed(items))
        # Enough that no worker waits; more would only be more to forget when something fails.
        most = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
        running: dict[Any, int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < most:
                    item = waiting.pop()
                    running[remote.remote(shared, item)] = item
                done, _ = ray.wait(list(running), num_returns=1)
                for one in done:
                    yield running.pop(one), ray.get(one)
        except ray.exceptions.RayTaskError as e:
            raise e.cause from e
        except ray.exceptions.WorkerCrashedError as e:
            raise RunError(
                f"a worker died {RETRIES + 1} times at the same task: {e}.",
                hint="Perhaps for want of memory: --memory makes shards smaller. Another run goes on from here.",
            ) from e
        finally:
            for one in running:
                ray.cancel(one, force=True)

    def _refuse_strangers(self, job: Job) -> None:
        """Raises RunError where a node does not see the working folder, or would make other keys of the same rows."""
        ray = self.ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
        new = nodes.keys() - self._checked
        token = uuid4().hex
        whole(job.path("shared", token), lambda part: part.write_text(token))
        asked = {
            node: ray.remote(num_cpus=0)(_about)
            .options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False))
            .remote(job, token)
            for node in new
        }
        here = _about(job, token)
        for node, answer in asked.items():
            there = ray.get(answer)
            if not there["sees"]:
                raise RunError(
                    f"the Ray node {nodes[node]} does not see {job.folder}.",
                    hint="Write the run (-o) to a file system that all nodes share.",
                )
            if there != here:
                raise RunError(
                    f"the Ray node {nodes[node]} is not like this machine: {there}, here {here}.",
                    hint="Install the same versions of Finesift and Polars on all nodes.",
                )
        self._checked |= new


def _call(shared: tuple[Task, Job], item: int) -> Any:
    task, job = shared
    return task(job, item)


def _about(job: Job, token: str) -> dict[str, Any]:
    """What must be alike on all nodes."""
    hashes = _SAMPLE.select(both=pl.struct("text", "number").hash(), text=pl.col("text").hash())
    return {
        "finesift": __version__,
        "polars": pl.__version__,
        "hashes": hashes.rows(),
        "sees": job.path("shared", token).is_file(),
    }
