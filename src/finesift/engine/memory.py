"""How large shards and buckets may be, and how many are worked on at a time, so that a run stays below a size."""

from __future__ import annotations

import re
from dataclasses import dataclass

from finesift.errors import UsageError
from finesift.match.kernels import processors

#: What the program takes before it has read anything, and what it never gives back.
BASE = 700 << 20
#: What one task takes beside the rows of its shard: the pairs that are verified together, and their n-grams.
TASK = 400 << 20
#: Times the bytes of a shard that a task takes: rows as text, as columns, as n-grams and as what is written.
TIMES = 24
#: Bytes of a row on the driver, at most: while groups are made, and while the report is.
ROW = 120
#: The same where rows are compared by meaning: hashes of what they ask and are told, and what orders them.
ROW_BY_MEANING = 270
SHARD, BUCKET = 16 << 20, 32 << 20
_LEAST_SHARD = 1 << 20
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@dataclass(frozen=True)
class Sizes:
    """workers: tasks at a time. shard: bytes of rows that lie together. bucket: bytes of text that meet.

    memory: bytes that the whole may take; None: nobody said.
    """

    workers: int
    shard: int = SHARD
    bucket: int = BUCKET
    memory: int | None = None

    def refuse_rows(self, rows: int, *, by_meaning: bool = False) -> None:
        """Raises UsageError where the numbers that the driver holds of so many rows are more than there is room for."""
        needed = BASE + rows * (ROW_BY_MEANING if by_meaning else ROW)
        if self.memory is not None and needed > self.memory:
            raise UsageError(
                f"{rows:,} rows take {needed / 1e9:.1f} GB on the machine that puts them together, more than --memory.",
                hint=f"Give it --memory {-(-needed // 10**9)}GB, or fewer rows at a time"
                + (
                    ", or compare nothing by meaning: in the recipe  [checks] paraphrase_duplicate = false, "
                    "same_meaning_prompt = false."
                    if by_meaning
                    else "."
                ),
            )


def sizes_within(memory: str) -> Sizes:
    """The sizes with which a run stays below `memory`, as in 4GB or 1500M. Raises UsageError where none would do."""
    said = re.fullmatch(r"(?i)\s*(\d+(?:\.\d+)?)\s*([KMGT]?)I?B?\s*", memory)
    if said is None:
        raise UsageError(f"--memory {memory} is no size.", hint="For example:  --memory 4GB")
    size = int(float(said[1]) * _UNITS[said[2].upper()])
    for workers in range(processors(), 0, -1):
        shard = (size - BASE - workers * TASK) // (workers * TIMES)
        if shard >= _LEAST_SHARD:
            shard = min(SHARD, shard)
            return Sizes(workers, shard, min(BUCKET, 2 * shard), size)
    least = BASE + TASK + TIMES * _LEAST_SHARD
    raise UsageError(
        f"--memory {memory} is less than the program takes with one row.",
        hint=f"Give it {-(-least // 10**8) / 10:g}GB or more.",
    )
