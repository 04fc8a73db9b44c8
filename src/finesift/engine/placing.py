"""Groups and splits, from numbers: what rows are kin by, and which are linked."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.engine.copies import hex_of, ids_of
from finesift.engine.deciding import links_of, outcomes_of
from finesift.engine.near import near_of
from finesift.engine.rows import COLUMNS, IDS, OPENINGS, PARENTS, PIECES_OF, PROMPTS
from finesift.engine.work import Job
from finesift.errors import RecipeError
from finesift.match.cluster import components
from finesift.policy import OUTCOMES
from finesift.split.assign import SPLIT, SPLITS, splits_of
from finesift.split.groups import NO_RELATIVES, PIECES, PROMPT, WHOLE

#: Groups whose splits are looked up at a time.
_AT_ONCE = 1 << 20
#: Where a row went, by number: the splits, then what is set aside.
FATES = (*SPLITS, "set_aside")


def place(job: Job, told: list[dict[str, Any]]) -> dict[str, int]:
    """Every row's group and split, and where it went. told: of each shard, what `check_rows` returned.

    On the driver: takes about 60 bytes a row.
    """
    _refuse_unknown_columns(job, told)
    content = np.array(job.get("content.npy"))
    links = np.concatenate([_copies(job), _kin(job, told, content), _linked(job), _near(job)])
    label = components(job.rows, links)
    del links
    group = content.copy()
    joined = np.flatnonzero(label != np.arange(job.rows, dtype=np.uint32))
    np.minimum.at(group, label[joined], content[joined])
    group = group[label]
    sizes = np.bincount(label, minlength=job.rows).astype(np.uint32)
    synthetic = np.zeros(job.rows, bool)
    synthetic[label[job.each("synthetic.npy")]] = True
    split = np.zeros(job.rows, np.uint8)
    heads = np.unique(label)
    for start in range(0, len(heads), _AT_ONCE):
        some = heads[start : start + _AT_ONCE]
        split[some] = _split(job, group[some], sizes[some], synthetic[some])
    split = split[label]
    fate = np.where(outcomes_of(job) == OUTCOMES.index("set_aside"), FATES.index("set_aside"), split)
    job.put(label, "label.npy")
    job.put(group, "group.npy")
    job.put(split, "split.npy")
    job.put(fate.astype(np.uint8), "fate.npy")
    return {"groups": len(heads)}


def _split(
    job: Job, group: NDArray[np.uint64], sizes: NDArray[np.uint32], synthetic: NDArray[np.bool_]
) -> NDArray[np.uint8]:

    names = pl.DataFrame(
        {"group": hex_of(group), "size": sizes, "synthetic": synthetic},
    ).with_columns(existing=pl.lit(None, pl.UInt8), stratum=pl.lit(""))
    found = names.select("group").join(
        splits_of(names, job.recipe.split), on="group", how="left", maintain_order="left"
    )
    return found["split"].to_physical().to_numpy().astype(np.uint8)


def _refuse_unknown_columns(job: Job, told: list[dict[str, Any]]) -> None:
    present = {name for one in told for name in one["columns"]}
    for name in job.recipe.split.group_by:
        if name not in present and job.rows:
            raise RecipeError(
                f"split.group_by names the column {name!r}, which no row has.",
                hint="Columns of your data that Finesift read as something else are not known by their name; "
                "source, shape, label are always there.",
            )


def _copies(job: Job) -> NDArray[np.uint32]:
    return np.column_stack([np.array(job.get("copies-first.npy")), np.array(job.get("copies.npy"))])


def _kin(job: Job, told: list[dict[str, Any]], content: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Links by prompt, opening, conversation, document, pieces of one id, parent, and the recipe's columns."""
    apart = [_same_key(_kin_by(job, by)) for by in (PROMPTS, OPENINGS, COLUMNS)]
    # What so many rows are called is no name of a row.
    few = pl.len().over("key") <= PIECES
    ids, pieces = _kin_by(job, IDS).filter(few), _kin_by(job, PIECES_OF).filter(few)
    names = [
        ids.select("example", "key"),
        pieces,
        # What has a name of its own may stand beside its pieces.
        ids.join(pieces.select(piece="key").unique(), on="piece", how="semi").select("example", key="piece"),
        _kin_by(job, PARENTS),
        _parents(job, told, content),
    ]
    return np.concatenate([*apart, _same_key(pl.concat(names))])


def _kin_by(job: Job, by: str) -> pl.DataFrame:
    return pl.concat([job.load("shards", shard.number, f"kin-{by}.arrow") for shard in job.shards])


def _parents(job: Job, told: list[dict[str, Any]], content: NDArray[np.uint64]) -> pl.DataFrame:
    """example and key of rows that are named as parents by the ids that Finesift gave them."""
    named = {id_: key for one in told for id_, key in one["parents"]}
    if not named:
        return pl.DataFrame(schema={"example": pl.UInt32, "key": pl.UInt64})
    wanted = np.array([int(id_, 16) for id_ in named], np.uint64)
    rows = np.flatnonzero(np.isin(content, wanted))
    keys = [named[id_[:16]] for id_ in ids_of(job, rows)]
    return pl.DataFrame({"example": rows, "key": keys}, schema={"example": pl.UInt32, "key": pl.UInt64})


def _same_key(keys: pl.DataFrame) -> NDArray[np.uint32]:
    """Links between neighbours of equal keys, once sorted."""
    example, key = keys["example"].to_numpy(), keys["key"].to_numpy()
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    return np.column_stack([example[order[same]], example[order[same + 1]]]).astype(np.uint32)


def _linked(job: Job) -> NDArray[np.uint32]:
    links = links_of(job).filter(~pl.col("check").is_in(NO_RELATIVES))
    return links.select("example", "other").to_numpy().astype(np.uint32).reshape(-1, 2)


def _near(job: Job) -> NDArray[np.uint32]:
    near = near_of(job).filter((pl.col("whole") >= WHOLE) | (pl.col("prompt") >= PROMPT))
    return near.select("example", "other").to_numpy().astype(np.uint32).reshape(-1, 2)


def fates_of(job: Job, first: int, rows: int) -> pl.DataFrame:
    """example, group, split, fate and sealed of a run of rows, as the run folder has them."""
    part = slice(first, first + rows)
    split = np.array(job.get("split.npy")[part])
    fate = pl.Series(np.array(job.get("fate.npy")[part]), dtype=pl.UInt8)
    return pl.DataFrame(
        {
            "example": np.arange(first, first + rows, dtype=np.uint32),
            "group": hex_of(np.array(job.get("group.npy")[part])),
            "split": pl.Series(split, dtype=pl.UInt8).replace_strict(
                dict(enumerate(SPLITS)), return_dtype=SPLIT
            ),
            "fate": fate.replace_strict(dict(enumerate(FATES)), return_dtype=pl.String),
            "sealed": split == SPLITS.index("test"),
        }
    )
