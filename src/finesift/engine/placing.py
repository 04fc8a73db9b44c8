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
from finesift.engine.work import Job, corpus_of
from finesift.errors import RecipeError
from finesift.match.cluster import components
from finesift.policy import OUTCOMES
from finesift.split.assign import SPLIT, SPLITS, splits_of
from finesift.split.groups import BUILT_IN, NO_RELATIVES, PIECES, PROMPT, WHOLE
from finesift.split.strata import LANGUAGES, existing_of, given, mix, stratum_of

#: Groups whose splits are looked up at a time.
_AT_ONCE = 1 << 20
#: The split that the data brings each row in, by number, and the number of none.
BROUGHT, UNSAID = "brought.npy", 255
#: Where a row went, by number: the splits, then what is set aside.
FATES = (*SPLITS, "set_aside")


def place(job: Job, told: list[dict[str, Any]]) -> dict[str, int]:
    """Every row's group and split, and where it went. told: of each shard, what `check_rows` returned.

    On the driver: takes about 60 bytes a row; where shares are to be met exactly, 200 more for each group.
    """
    refuse_unknown_columns(job, told)
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
    existing, stratum = _existing(job, label), _stratum(job, label)
    # Shares that are met exactly are dealt out over all groups.
    at_once = len(heads) if job.recipe.split.exact else _AT_ONCE
    for start in range(0, len(heads), at_once):
        some = heads[start : start + at_once]
        names = pl.DataFrame(
            {"group": hex_of(group[some]), "size": sizes[some], "synthetic": synthetic[some]}
        ).with_columns(
            pl.lit(None, pl.UInt8).alias("existing")
            if existing is None
            else pl.Series("existing", existing[some], pl.UInt8).replace(UNSAID, None),
            pl.lit("").alias("stratum") if stratum is None else pl.Series("stratum", stratum[some]),
        )
        found = names.select("group").join(
            splits_of(names, job.recipe.split), on="group", how="left", maintain_order="left"
        )
        split[some] = found["split"].to_physical().to_numpy()
    split = split[label]
    fate = np.where(outcomes_of(job) == OUTCOMES.index("set_aside"), FATES.index("set_aside"), split)
    job.put(label, "label.npy")
    job.put(group, "group.npy")
    job.put(split, "split.npy")
    job.put(fate.astype(np.uint8), "fate.npy")
    return {"groups": len(heads)}


def ask_split(job: Job, number: int) -> None:
    """Writes what a shard's rows say of their split, and what their stratum is, where the recipe asks for either."""
    corpus, settings = corpus_of(job, job.shards[number]), job.recipe.split
    folder = job.path("shards", number)
    if settings.existing is not None:
        said = given(corpus.examples, settings, all_rows=False)
        job.save(said.to_frame("given"), folder, "given.arrow")
    if settings.exact:
        languages = job.load("languages.arrow")["name"].to_list()
        mixed = mix(corpus, settings, languages)
        job.save(mixed.select(stratum=stratum_of(mixed.columns)), folder, "stratum.arrow")


def put_languages(job: Job, told: list[dict[str, Any]]) -> int:
    """Writes which columns for languages any row has; returns how many."""
    present = {name for one in told for name in one["columns"]}
    names = [name for name in LANGUAGES if name in present]
    job.save(pl.DataFrame({"name": names}, schema={"name": pl.String}), "languages.arrow")
    return len(names)


def _existing(job: Job, label: NDArray[np.uint32]) -> NDArray[np.uint8] | None:
    """By group, the most sealed split that the data brings any row of it in, or `UNSAID`; None: it is not asked."""
    settings = job.recipe.split
    if settings.existing is None:
        return None
    said = pl.concat([job.load("shards", shard.number, "given.arrow") for shard in job.shards])["given"]
    if settings.existing != "files" and settings.existing not in BUILT_IN and said.null_count() == len(said):
        _refuse_column("split.existing", settings.existing)
    known = existing_of(said, settings).to_physical().cast(pl.UInt8).fill_null(UNSAID).to_numpy()
    job.put(known, BROUGHT)
    most = np.full(job.rows, -1, np.int16)
    np.maximum.at(most, label, np.where(known == UNSAID, -1, known.astype(np.int16)))
    return np.where(most < 0, UNSAID, most).astype(np.uint8)


def _stratum(job: Job, label: NDArray[np.uint32]) -> NDArray[np.uint32] | None:
    """By group, the place of its first stratum among all in their order; None: shares need not be met exactly."""
    if not job.recipe.split.exact:
        return None
    known = [job.load("shards", shard.number, "stratum.arrow")["stratum"] for shard in job.shards]
    names = pl.concat([one.unique() for one in known]).unique().sort()
    least = np.full(job.rows, len(names), np.uint32)
    ranks = [names.search_sorted(one).to_numpy() if len(one) else np.zeros(0, np.uint32) for one in known]
    np.minimum.at(least, label, np.concatenate(ranks).astype(np.uint32))
    return least


def refuse_unknown_columns(job: Job, told: list[dict[str, Any]]) -> None:
    """Raises RecipeError for a column of the recipe that no row has."""
    present = {name for one in told for name in one["columns"]}
    for setting in ("group_by", "stratify"):
        for name in getattr(job.recipe.split, setting):
            if name not in present and name not in BUILT_IN and job.rows:
                _refuse_column(f"split.{setting}", name)


def _refuse_column(setting: str, name: str) -> None:
    raise RecipeError(
        f"{setting} names the column {name!r}, which no row has.",
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
