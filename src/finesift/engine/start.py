"""The engine that a command line asks for, or that the size of the data does, and the sizes that go with it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from finesift.engine.memory import Sizes, sizes_within
from finesift.engine.tasks import Engine, Local
from finesift.errors import UsageError
from finesift.match.kernels import processors
from finesift.read import paths
from finesift.recipe import Recipe

#: Bytes of rows from which on they go through in shards unasked: in memory they would take 20 to 40 times as many.
LARGE = 100_000_000
#: What is then made room for. Rows that are too many for it are not refused, as they are where somebody named a size.
WITHIN = "4GB"
#: Bytes of rows in a byte of a file that is packed, roughly.
_PACKED = {".gz": 4, ".bz2": 5, ".xz": 5, ".zst": 4, ".zip": 4, ".parquet": 3}
#: Bytes on the disk for each byte of rows, while shards are there and the run is being written.
_ON_DISK = 8


@dataclass(frozen=True)
class Chosen:
    """How rows go through where nobody said. engine: None is in memory. said: why, where that may surprise."""

    engine: Engine | None
    sizes: Sizes | None
    said: str = ""


def chosen(recipe: Recipe, out: Path) -> Chosen:
    """Shards, where the data is large and nothing in the recipe needs all rows at once."""
    size = _bytes_of(recipe)
    if size < LARGE:
        return Chosen(None, None)
    from finesift.engine import across, flow

    about = f"{size / 1e6:,.0f} MB of rows"
    try:
        flow.refuse_whole(recipe)
        across.running(recipe, held_out=bool(recipe.held_out))
    except UsageError as e:
        return Chosen(None, None, f"{about} are held in memory: {e.args[0]}")
    above = next(folder for folder in out.absolute().parents if folder.is_dir())
    if shutil.disk_usage(above).free < _ON_DISK * size:
        return Chosen(None, None, f"{about} are held in memory: {above} has no room for them in shards.")
    said = f"{about} go through in shards on the disk, with the same result; to hold them in memory: --memory all"
    sizes = replace(sizes_within(WITHIN), memory=None)
    return Chosen(Local(sizes.workers), sizes, said)


def _bytes_of(recipe: Recipe) -> int:
    """Of all rows, roughly; 0 where one source is no file, such as standard input."""
    files = [Path(name) for name in paths(recipe.data.train)]
    if not all(file.is_file() for file in files):
        return 0
    return sum(file.stat().st_size * _PACKED.get(file.suffix.lower(), 1) for file in files)


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
