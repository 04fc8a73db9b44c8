"""The engine that a command line asks for, and the sizes that go with it."""

from __future__ import annotations

from finesift.engine.memory import Sizes, sizes_within
from finesift.engine.tasks import Engine, Local
from finesift.errors import UsageError
from finesift.match.kernels import processors


def started(name: str | None, address: str | None, memory: str | None) -> tuple[Engine, Sizes]:
    """name: local or ray; none is local. memory: of this machine, or of each worker's share of one, see `sizes_within`.

    Raises UsageError for another name, a size that is none, and where Ray is not installed or does not answer.
    """
    sizes = Sizes(processors()) if memory is None else sizes_within(memory)
    if name == "ray":
        from finesift.engine.cluster import Cluster

        return Cluster(address), sizes
    if name not in (None, "local"):
        raise UsageError(f"--engine {name}: there is no such engine.", hint="There are local and ray.")
    if address is not None:
        raise UsageError("--address is that of a Ray cluster.", hint="Say --engine ray as well.")
    return Local(sizes.workers), sizes
