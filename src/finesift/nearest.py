"""The rows of a run that are nearest to a text in meaning: do I have something like this?

Vectors of the packaged static encoder, of what each row asks, made at the first question and kept beside those of the
sentence model (`embed.cache`), by the hash of the run's table of messages. They hold no text. Rows of the sealed set
are not among them, before the seal is opened and after.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.embed.neighbours import Stored
from finesift.embed.static import Static
from finesift.errors import UsageError
from finesift.keeping import folder
from finesift.views import ends_example, is_answer, is_instruction, text

if TYPE_CHECKING:
    from finesift.run import Run

NEAREST = pl.Schema(
    {
        "id": pl.String,
        "similarity": pl.Float32,  # cosine of static vectors, at most 1
        "source": pl.String,
        "row": pl.UInt32,  # as in `EXAMPLES`
        "fate": pl.String,
        "asked": pl.String,  # its beginning
    }
)
# Characters of a row that are looked at, and shown; rows that are compared at a time.
LONGEST, SHOWN, TOGETHER = 4_000, 300, 65_536
# Changes where vectors of before are of no use.
KIND = "asked-1"


@dataclass(frozen=True)
class Kept:
    """Vectors of what rows ask [N, 256], the numbers of these rows, and what each token counts."""

    vectors: Stored
    examples: NDArray[np.uint32]
    weights: NDArray[np.float32]


@cache
def _static() -> Static:
    return Static()


def nearest(run: Run, asked: str, k: int = 10, kept: Kept | None = None) -> pl.DataFrame:
    """NEAREST: the `k` rows that ask what is nearest to `asked`, the nearest first. kept: from `vectors_of`.

    Raises UsageError where nothing is asked.
    """
    if not asked.strip():
        raise UsageError("near what?", hint='Give a text:  finesift near RUN "How do I return a kettle?"')
    kept = vectors_of(run) if kept is None else kept
    static = _static()
    vector = static.weighed(static.tokens([asked[:LONGEST]]), kept.weights)[0].astype(np.float32)
    alike = np.empty(len(kept.vectors), np.float32)
    for at in range(0, len(alike), TOGETHER):
        alike[at : at + TOGETHER] = kept.vectors[at : at + TOGETHER].astype(np.float32) @ vector
    best = _first(alike, max(0, k))
    found = pl.DataFrame(
        {"example": kept.examples[best], "similarity": alike[best]},
        schema={"example": pl.UInt32, "similarity": pl.Float32},
    )
    return _told(run, found)


def vectors_of(run: Run) -> Kept:
    """What is kept of a run, made and kept where it is not there yet."""
    place = _place(run)
    if place is not None and (known := _read(place)) is not None:
        return known
    asked = asked_of(pl.scan_parquet(run.path / "tables/turns.parquet")).collect()
    static = _static()
    tokens = static.tokens(asked["asked"].to_list())
    weights = static.rarity(tokens)
    made = Kept(static.weighed(tokens, weights), asked["example"].to_numpy(), weights)
    if place is not None:
        _keep(place, made)
    return made


def asked_of(turns: pl.LazyFrame) -> pl.LazyFrame:
    """example and asked: all before the last answer, without instructions; of plain text all."""
    answer = (pl.col("part") != "messages") | (ends_example & is_answer)
    spoken = turns.filter(~is_instruction).with_columns(answer=answer)
    bare = pl.col("answer").all()
    return (
        spoken.group_by("example", maintain_order=True)
        .agg(
            asked=pl.when(bare)
            .then(text.str.join("\n"))
            .otherwise(text.filter(~pl.col("answer")).str.join("\n"))
            .str.slice(0, LONGEST)
        )
        .sort("example")
    )


def _first(alike: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    k = min(k, len(alike))
    some = np.argpartition(-alike, k - 1)[:k] if k else np.empty(0, np.int64)
    best: NDArray[np.int64] = some[np.lexsort((some, -alike[some]))]
    return best


def _told(run: Run, found: pl.DataFrame) -> pl.DataFrame:
    """Where each row came from and went, and how it begins."""
    these = pl.col("example").is_in(found["example"].implode())
    tables = {
        name: pl.scan_parquet(run.path / f"tables/{name}.parquet") for name in ("examples", "splits", "turns")
    }
    rows = tables["examples"].filter(these).select("example", "id", "source", "row").collect()
    fates = tables["splits"].filter(these).select("example", pl.col("fate").cast(pl.String)).collect()
    said = asked_of(tables["turns"].filter(these)).collect()
    both = found
    for table in (rows, fates, said):
        both = both.join(table, on="example", how="left", maintain_order="left")
    return both.with_columns(pl.col("asked").str.slice(0, SHOWN)).select(NEAREST.names()).cast(NEAREST)


def _place(run: Run) -> Path | None:
    """Where a run's vectors are kept; None: nowhere."""
    kept = folder()
    outputs: dict[str, Any] = run.manifest["outputs"]
    name = f"{KIND}-{Static.name}-{outputs['tables/turns.parquet']['sha256'][:32]}"
    return None if kept is None else kept / "near" / name


def _read(place: Path) -> Kept | None:
    try:
        parts = [
            np.load(place / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in ("vectors", "examples", "weights")
        ]
    except (OSError, ValueError):
        return None
    return Kept(*parts)


def _keep(place: Path, made: Kept) -> None:
    """What fails here costs time, and nothing else: the next question makes them again."""
    stage = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        stage.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ("vectors", "examples", "weights"):
            np.save(stage / f"{name}.npy", getattr(made, name), allow_pickle=False)
        stage.rename(place)
    except OSError:
        return
