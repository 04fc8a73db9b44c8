"""Rows that ask the same in other words: vectors are made shard by shard, on the disk; pairs of them are looked for on
the driver, by the functions that do it in memory.

What the driver holds are numbers, at most about 150 bytes a row; vectors (512 bytes a prompt) and texts are files that
are mapped into memory, so that what is not looked at is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from finesift.embed.static import Static, Tokens
from finesift.engine.across import running, send_findings, settings_of
from finesift.engine.copies import ids_of
from finesift.engine.near import near_of
from finesift.engine.work import Job, corpus_of, held_out_of, whole
from finesift.match.meaning import ANSWER, Prompts, judge, pairs_of, rows_of
from finesift.registry import load_checks
from finesift.tables import ALIKE

# Files of a shard: rows; prompts, each once; their tokens, and where each ends; vectors of those that are compared.
_ROWS, _PROMPTS, _TOKENS, _ENDS, _VECTORS = "asking", "prompts", "asked-tokens", "asked-ends", "asked-vectors"
#: Of all shards: prompts that are compared, by their examples; their number in the order of content; what words count.
_KEPT, _NUMBERS, _WEIGHTS = "asked.npy", "asked-numbers.npy", "asked-weights.npy"
#: A prompt that is too long to be compared has no number.
_NONE = np.uint32(0xFFFFFFFF)

_idle: list[Static] = []
_lock = Lock()


@contextmanager
def _static() -> Iterator[Static]:
    """The packaged encoder, for one thread at a time; loaded once for each."""
    with _lock:
        encoder = _idle.pop() if _idle else None
    encoder = encoder or Static()
    yield encoder
    with _lock:
        _idle.append(encoder)


def ask(job: Job, number: int) -> dict[str, int]:
    """Writes what the rows of a shard ask and are told, and the tokens of their prompts; returns how many rows carry
    pictures or files."""
    shard = job.shards[number]
    rows, carried = rows_of(corpus_of(job, shard))
    copies, here = job.within(shard, "copies.npy")
    places = rows["example"].to_numpy() - shard.first
    content = np.load(job.path("shards", number, "content.npy"))
    rows = rows.with_columns(order=pl.Series(content[places], dtype=pl.UInt64))
    rows = rows.filter(~pl.Series(np.isin(rows["example"].to_numpy(), copies[here])))
    judged = judge(rows.sort("order").unique("asked", keep="first", maintain_order=True))
    compared = judged.filter(pl.col("spoken") & pl.col("latin") & pl.col("short"))
    with _static() as encoder:
        tokens = encoder.tokens(compared["text"].to_list())
    long = compared.select("example", long=pl.Series(tokens.long))
    judged = judged.join(long, on="example", how="left", maintain_order="left")
    orders = rows.select("example", "order")
    judged = judged.join(orders, on="example", how="left", maintain_order="left")
    folder = job.path("shards", number)
    job.put(tokens.ids, folder, f"{_TOKENS}.npy")
    job.put(tokens.ends, folder, f"{_ENDS}.npy")
    _map(job, judged, number, _PROMPTS)
    answers = pl.col("answer").str.slice(0, ANSWER)
    _map(job, rows.select("example", "order", "asked", "told", "telling", answers), number, _ROWS)
    return {"carried": carried}


def _map(job: Job, frame: pl.DataFrame, number: int, name: str) -> None:
    """Writes a table so that it can be mapped into memory."""
    path = job.path("shards", number, f"{name}.arrow")
    whole(path, lambda part: frame.write_ipc(part, compression="uncompressed"))


def _mapped(job: Job, name: str, columns: list[str] | None = None) -> pl.DataFrame:
    """A table of all shards; its texts stay in their files."""
    return pl.concat([_mapped_of(job, shard.number, name, columns) for shard in job.shards], rechunk=False)


def _mapped_of(job: Job, number: int, name: str, columns: list[str] | None = None) -> pl.DataFrame:
    file = job.path("shards", number, f"{name}.arrow")
    table = pa.ipc.open_file(pa.memory_map(str(file))).read_all()
    frame = pl.from_arrow(table if columns is None else table.select(columns), rechunk=False)
    assert isinstance(frame, pl.DataFrame)
    return frame


def choose(job: Job) -> dict[str, int]:
    """Chooses the prompts that are compared, each once, and says what is not; see `match.meaning.Compared`."""
    columns = ["asked", "example", "order", "spoken", "latin", "short", "long"]
    judged = _mapped(job, _PROMPTS, columns).sort("order").unique("asked", keep="first", maintain_order=True)
    silent = judged.filter(~pl.col("spoken"))
    spoken = judged.filter("spoken")
    kept = spoken.filter(pl.col("latin") & pl.col("short"))
    compared = ~kept["long"]
    numbers = np.where(compared.to_numpy(), compared.cum_sum().to_numpy() - 1, _NONE).astype(np.uint32)
    order = kept["example"].arg_sort().to_numpy()
    job.put(kept["example"].to_numpy()[order], _KEPT)
    job.put(numbers[order], _NUMBERS)
    asked = _mapped(job, _ROWS, ["asked"])
    return {
        "prompts": int(compared.sum()),
        "without": asked.join(silent, on="asked", how="semi").height,
        "foreign": spoken.filter(~pl.col("latin")).height,
        "long": spoken.filter(pl.col("latin") & ~pl.col("short")).height + int(kept["long"].sum()),
    }


def _chosen(job: Job, number: int) -> tuple[Tokens, NDArray[np.uint32], NDArray[np.uint32]]:
    """Of a shard's prompts that are compared: tokens, examples and numbers."""
    shard = job.shards[number]
    folder = job.path("shards", number)
    listed = _mapped_of(job, number, _PROMPTS, ["example", "long"])
    examples = listed.drop_nulls("long")["example"].to_numpy()
    kept, here = job.within(shard, _KEPT)
    numbers = np.array(job.get(_NUMBERS)[here])
    places = np.searchsorted(kept[here], examples)
    inside = np.minimum(places, max(0, here.stop - here.start - 1))
    chosen = (
        np.flatnonzero(kept[here][inside] == examples) if here.stop > here.start else np.empty(0, np.int64)
    )
    ids, ends = np.load(folder / f"{_TOKENS}.npy"), np.load(folder / f"{_ENDS}.npy")
    lengths = np.diff(ends, prepend=0)
    of_chosen = np.zeros(len(lengths), bool)
    of_chosen[chosen] = True
    tokens = Tokens(
        ids[np.repeat(of_chosen, lengths)],
        np.cumsum(lengths[chosen]),
        numbers[inside[chosen]] == _NONE,
    )
    return tokens, examples[chosen], numbers[inside[chosen]]


def count(job: Job, number: int) -> int:
    """Counts in how many of a shard's prompts each token is."""
    tokens, examples, _ = _chosen(job, number)
    with _static() as encoder:
        counts = encoder.counts(tokens)
    job.put(counts, "shards", number, "asked-counts.npy")
    return len(examples)


def weigh(job: Job, texts: list[int]) -> int:
    """What each token counts, from the counts of all shards. texts: prompts of each."""
    counts = sum(np.load(job.path("shards", shard.number, "asked-counts.npy")) for shard in job.shards)
    with _static() as encoder:
        job.put(encoder.rarity_of(np.asarray(counts), sum(texts)), _WEIGHTS)
    return sum(texts)


def embed(job: Job, number: int) -> int:
    """Writes the vectors of a shard's prompts, and how common their words are."""
    tokens, examples, numbers = _chosen(job, number)
    weights = np.load(job.path(_WEIGHTS))
    with _static() as encoder:
        vectors, common = encoder.weighed(tokens, weights), encoder.common(tokens, weights)
    compared = ~tokens.long
    job.put(vectors[compared], "shards", number, f"{_VECTORS}.npy")
    frame = pl.DataFrame({"example": examples, "number": numbers, "common": common})
    job.save(frame.filter(pl.Series(compared)), "shards", number, "asked.arrow")
    return int(compared.sum())


def pair(job: Job, counted: dict[str, int]) -> dict[str, Any]:
    """The pairs of all rows that ask the same, and the findings about them; returns what was compared."""
    from finesift.embed.load import load_encoder

    known = load_checks()["paraphrase_duplicate"]
    settings = settings_of(known, job.recipe)
    asked = _prompts(job, counted["prompts"])
    rows = _mapped(job, _ROWS)
    with _static() as static:
        found, compared = pairs_of(
            rows,
            asked,
            near_of(job),
            counted,
            static,
            load_encoder(settings["encoder"] or None),
            budget=settings["texts"],
        )
    job.save(found, "by-meaning.arrow")
    tables = {"alike": found.lazy(), "examples": rows_in(job, found).lazy()}
    for check in running(job.recipe, held_out=held_out_of(job).height > 0).alike:
        send_findings(job, check.name, 0, check(tables, **settings_of(check, job.recipe)).collect())
    return compared.as_dict()


def rows_in(job: Job, alike: pl.DataFrame) -> pl.DataFrame:
    """example and id of the rows of these pairs."""
    rows = np.unique(alike.select("example", "other").to_numpy()).astype(np.uint32)
    return pl.DataFrame({"example": rows, "id": ids_of(job, rows)}, {"example": pl.UInt32, "id": pl.String})


def alike_of(job: Job) -> pl.DataFrame:
    """The pairs that ask the same, as ALIKE."""
    file = job.path("by-meaning.arrow")
    return job.load(file) if file.exists() else ALIKE.to_frame()


def _prompts(job: Job, count: int) -> Prompts:
    """All prompts that are compared, in the order of their content, with their vectors in one file."""
    path = job.path("asked-vectors.npy")
    vectors = np.lib.format.open_memmap(path, "w+", np.float16, (count, 256))
    parts = []
    for shard in job.shards:
        part = job.load("shards", shard.number, "asked.arrow")
        vectors[part["number"].to_numpy()] = job.get("shards", shard.number, f"{_VECTORS}.npy")
        parts.append(part)
    numbered = pl.concat(parts).sort("number")
    texts = _mapped(job, _PROMPTS, ["example", "asked", "text"])
    frame = numbered.join(texts, on="example", how="left", maintain_order="left").select(
        pl.col("number").cast(pl.UInt32), "asked", "text", "example", "common"
    )
    return Prompts(frame, vectors)
