"""The choice as a run folder of its own, with the sets to compare it with beside it.

train.jsonl             the chosen rows, in the order of the run that they are from
not_chosen.jsonl        every other training row, with why
beside/*.jsonl          random, longest and length-matched sets, in the same format
README.md               what the choice gains and loses against them
choice.parquet          each training row: its place in the choice or the nearest chosen row
tables/ sealed/ …       as they were; fates say `not_chosen`
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq

from finesift.cover.plan import Plan
from finesift.embed.encoder import Embed
from finesift.run import MANIFEST, Run, sha256, staged
from finesift.select.ifd import SCORES
from finesift.select.planned import minimums
from finesift.select.pool import Pool, Score, pool_of
from finesift.select.report import Report, markdown, report
from finesift.select.ways import Asked, Choice, Numbers, by_chance, choose, nearest
from finesift.write.kinds import file_of, files_of, kind_of

NOT_CHOSEN = "not_chosen"
#: Of a run, what a choice from it does not take over as it is.
ANEW = (
    "tokenized/train.parquet",
    "tables/splits.parquet",
    "report.md",
    "report.html",
    "README.md",
)


def select(
    run: Run,
    asked: Asked,
    embed: Embed,
    out: Path,
    *,
    per: str | None = None,
    plan: Plan | None = None,
    score: Score | None = None,
    force: bool = False,
) -> Report:
    """Chooses from a run's training rows, and writes the choice to `out`; the run stays as it is.

    per: the field of the data that names a row's behaviour. plan: whose behaviours and minimums count instead.
    score: see `pool_of`.
    Raises UsageError where what is asked for cannot be had, RunError where the run is damaged or the folder in the way.
    """
    with staged(out, force=force) as stage:
        pool = pool_of(run, embed, per=per, plan=plan, score=score)
        if plan:
            least = minimums(plan, asked.budget, pool.rows["tokens"])
            asked = replace(asked, minimums=least, plan=embed(plan.texts()[0]))
        choice = choose(pool, asked)
        beside = by_chance(pool, choice, asked.budget)
        found = report(pool, asked, {"chosen": choice.rows, **beside})
        _write(stage, run, pool, choice, beside, found, out.name)
    return found


def _write(
    stage: Path, run: Run, pool: Pool, choice: Choice, beside: dict[str, Numbers], found: Report, name: str
) -> None:
    chosen_from = files_of("train", run.manifest["outputs"])
    taken = [file for file in run.manifest["outputs"] if file not in (*ANEW, *chosen_from)]
    written = {file: stage / file for file in taken}
    for file, path in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run.path / file, path)
    if (record := run.path / "sealed/openings.jsonl").is_file():
        shutil.copyfile(record, stage / "sealed/openings.jsonl")
    lines = {line[7 : line.index(b'"', 7)].decode(): line for line in _train(run)}
    order = {id_: n for n, id_ in enumerate(lines)}
    ids = pool.ids

    def put(file: str, rows: Iterable[bytes]) -> None:
        written[file] = stage / file
        written[file].parent.mkdir(parents=True, exist_ok=True)
        written[file].write_bytes(b"".join(row + b"\n" for row in rows))

    def sorted_ids(rows: Sequence[int] | Numbers) -> list[str]:
        return sorted((ids[row] for row in rows), key=order.__getitem__)

    chosen = sorted_ids(choice.rows)
    for file in chosen_from:
        put(
            file,
            (lines[id_] for id_ in chosen if file_of("train", kind_of(orjson.loads(lines[id_]))) == file),
        )
    for set_, rows in beside.items():
        these = [lines[id_] for id_ in sorted_ids(rows)]
        for file in chosen_from:
            of_kind = [row for row in these if file_of("train", kind_of(orjson.loads(row))) == file]
            put(f"beside/{set_}{file.removeprefix('train')}", of_kind)
    table = _reasons(pool, choice)
    aside = table.filter(pl.col("place").is_null()).sort(
        pl.col("id").replace_strict(order, return_dtype=pl.Int64)
    )
    put(
        "not_chosen.jsonl",
        (
            b'{"why":%s,%s' % (orjson.dumps(why), lines[id_][1:])
            for id_, why in aside.select("id", "why").iter_rows()
        ),
    )
    put("README.md", [markdown(found, name).encode().rstrip()])
    written["choice.parquet"] = stage / "choice.parquet"
    table.write_parquet(stage / "choice.parquet")
    written["tables/splits.parquet"] = stage / "tables/splits.parquet"
    _fates(run, aside["example"]).write_parquet(stage / "tables/splits.parquet")
    if (tokens := run.path / "tokenized/train.parquet").is_file():
        written["tokenized/train.parquet"] = stage / "tokenized/train.parquet"
        chosen = pq.read_table(tokens)
        kept = pc.is_in(chosen["id"], value_set=pc.cast(sorted_ids(choice.rows), chosen["id"].type))
        pq.write_table(chosen.filter(kept), stage / "tokenized/train.parquet", compression="zstd")
    _manifest(stage, run, choice, found, written)


def _train(run: Run) -> list[bytes]:
    return [line for file in run.files("train") for line in _lines(file)]


def _lines(file: Path) -> list[bytes]:
    return file.read_bytes().split(b"\n")[:-1]


def _reasons(pool: Pool, choice: Choice) -> pl.DataFrame:
    """example, id, scores where there are any, place (from 1; null: not chosen), why, nearest (the nearest chosen row),
    similarity to it."""
    at, how = nearest(pool, choice.rows)
    place: list[int | None] = [None] * len(pool)
    why = [f"not chosen; {pool.ids[row]} is, {score:.2f} alike" for row, score in zip(at, how, strict=True)]
    for n, (row, reason) in enumerate(zip(choice.rows.tolist(), choice.reasons, strict=True), 1):
        place[row], why[row] = n, reason
    scores = [name for name in SCORES if pool.rows[name].null_count() < len(pool)]
    return pool.rows.select("example", "id", *scores).with_columns(
        place=pl.Series(place, dtype=pl.UInt32),
        why=pl.Series(why, dtype=pl.String),
        nearest=pl.Series([pool.ids[row] for row in at]),
        similarity=pl.Series(how),
    )


def _fates(run: Run, aside: pl.Series) -> pl.DataFrame:
    splits = run.table("splits")
    out = pl.col("example").is_in(aside.implode())
    fate = pl.when(out).then(pl.lit(NOT_CHOSEN)).otherwise(pl.col("fate").cast(pl.String))
    return splits.with_columns(fate=fate)


def _manifest(stage: Path, run: Run, choice: Choice, found: Report, written: dict[str, Path]) -> None:
    before: dict[str, Any] = run.manifest
    fates = dict(before["summary"]["fates"])
    fates = {**fates, "train": len(choice.rows), NOT_CHOSEN: fates["train"] - len(choice.rows)}
    outputs, anew = {}, {*ANEW, *files_of("train", before["outputs"])}
    for file, path in sorted(written.items()):
        old = {} if file in anew else before["outputs"].get(file, {})
        rows = {"rows": len(_lines(path))} if path.suffix == ".jsonl" else {}
        outputs[file] = {**old, "bytes": path.stat().st_size, "sha256": sha256(path), **rows}
    manifest = {
        **before,
        "summary": {**before["summary"], "fates": fates},
        "choice": {"from": sha256(run.path / MANIFEST), **found.as_dict()},
        "outputs": outputs,
    }
    (stage / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
