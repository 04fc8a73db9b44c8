"""The names of rows: hashes of their content, the same on every machine and in every order of files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from finesift.views import FIELD, MESSAGE, media_keys


def identify(examples: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Fills `id`: 16 hexadecimal digits of XXH3 over the messages, tools and label.

    An identical later row gets the suffix -2, -3, … in input order. Fields kept in `extra` do not count, so
    adding a column to the data renames no row; nor does the file or the place in it.
    """
    return number_copies(examples.with_columns(digests(examples, turns)))


def digests(examples: pl.DataFrame, turns: pl.DataFrame) -> pl.Series:
    """The id of each example without the suffix of a copy. Needs nothing but the rows it is given.

    XXH3 over the UTF-8 bytes of the contents, one after the other, under a seed that holds the rest: the part,
    role and length of each turn in its place, the other texts of a turn, and the example's tools and label.
    """
    data, offsets = _utf8(turns["content"])
    lengths = np.diff(offsets) + 1
    lengths[turns["content"].is_null().to_numpy()] = 0
    kind = turns["part"].to_physical().to_numpy() * np.uint64(256) + turns["role"].to_physical().to_numpy()
    mixed = spread(turns["turn"].to_numpy().astype(np.uint64) << np.uint64(32) | kind) ^ lengths.astype(
        np.uint64
    )
    told = ("reasoning", "tool_calls", "tool_call_id", "name", "media")
    if turns["media"].null_count() < turns.height:
        turns = turns.with_columns(media=media_keys)
    mixed = spread(mixed) ^ _xxh3(_joined(turns, told))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(spread(mixed), dtype=np.uint64)])
    first, last = _turns_of(examples["example"].to_numpy(), turns["example"].to_numpy())
    seeds = sums[last] - sums[first] ^ _xxh3(_joined(examples, ("tools", "label")))
    ids = [
        xxhash.xxh3_64_hexdigest(data[start:end], seed)
        for start, end, seed in zip(
            offsets[first].tolist(), offsets[last].tolist(), seeds.tolist(), strict=True
        )
    ]
    return pl.Series("id", ids, dtype=pl.String)


def number_copies(examples: pl.DataFrame) -> pl.DataFrame:
    """Gives a later example of the same id the suffix -2, -3, …"""
    later = (~pl.col("id").is_first_distinct()).arg_true()
    places = examples.select(later).to_series()
    if places.is_empty():
        return examples
    copied = pl.col("id").is_in(examples["id"].gather(places).implode())
    copies = (
        examples.lazy()
        .select("id", place=pl.int_range(pl.len(), dtype=pl.UInt32))
        .filter(copied)
        .with_columns(copy=pl.int_range(1, pl.len() + 1).over("id"))
        .filter(pl.col("copy") > 1)
        .select("place", id=pl.format("{}-{}", "id", "copy"))
        .collect()
    )
    return examples.with_columns(examples["id"].scatter(copies["place"], copies["id"]))


def _joined(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """The columns as one text per row; null where all of them are."""
    used = [pl.col(name) for name in names if frame[name].null_count() < frame.height]
    if not used:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    texts = [
        pl.concat_str(pl.lit(column.meta.output_name()), column.cast(pl.String), separator=FIELD)
        for column in used
    ]
    return frame.select(
        pl.when(pl.any_horizontal(column.is_not_null() for column in used)).then(
            pl.concat_str(texts, separator=MESSAGE, ignore_nulls=True)
        )
    ).to_series()


def _xxh3(texts: pl.Series) -> NDArray[np.uint64]:
    """XXH3 of each text's UTF-8 bytes, 64 bits; 0 for null."""
    hashes = np.zeros(len(texts), np.uint64)
    if texts.null_count() < len(texts):
        present = texts.is_not_null().to_numpy()
        hashes[present] = [xxhash.xxh3_64_intdigest(text.encode()) for text in texts.drop_nulls()]
    return hashes


def _utf8(texts: pl.Series) -> tuple[memoryview, NDArray[np.int64]]:
    """The bytes of all texts, one after the other, and where each begins, with the end of the last."""
    column = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    return memoryview(data or b""), ends


def _turns_of(
    examples: NDArray[np.uint32], owners: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the turns of each example begin and end; both are sorted."""
    starts = np.flatnonzero(np.diff(owners, prepend=owners[:1] + 1))
    if len(starts) == len(examples):
        return starts, np.append(starts, len(owners))[1:]
    # Some example has no turns.
    return np.searchsorted(owners, examples, "left"), np.searchsorted(owners, examples, "right")


def spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spreads each number over 64 bits, one to one. Source: Steele, Lea, Flood 2014, SplitMix64."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def content_id(name: str = "id") -> pl.Expr:
    """The id without its copy suffix: equal for identical rows, whatever their order."""
    return pl.col(name).str.head(16)
