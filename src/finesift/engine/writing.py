"""The run folder from shards: each writes its share of every file, and these are put together in order."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from finesift import __version__
from finesift.corpus import Corpus
from finesift.engine.copies import ids_of
from finesift.engine.figures import figures_of
from finesift.engine.meaning import alike_of
from finesift.engine.near import near_of
from finesift.engine.phrases import send_phrases
from finesift.engine.placing import FATES, fates_of
from finesift.engine.proving import count_between, touched_of
from finesift.engine.rendering import borrowed, put_candidates
from finesift.engine.work import Job, Shard, corpus_of, whole
from finesift.inputs import wanted_of
from finesift.outputs import ROW_GROUP, Files, pretty, without_text
from finesift.report import held_out
from finesift.report.summary import Summary
from finesift.run import HELD_OUT, MANIFEST, SEALED, SEALED_ASIDE, SEALED_TOKENS, Run, staged
from finesift.split.assign import SPLITS
from finesift.split.proof import counted
from finesift.split.strata import mix
from finesift.tables import EDITS
from finesift.views import text
from finesift.write import jsonl
from finesift.write.kinds import KINDS, file_of, kind
from finesift.write.tokens import SCHEMA, tokenized
from finesift.writing import remembered, reports

#: Tables that shards write their share of, by their names in the run folder.
TABLES = (
    "sealed/findings",
    "tables/examples",
    "tables/turns",
    "tables/findings",
    "tables/decisions",
    "tables/splits",
)


def finish(job: Job, number: int) -> dict[str, Any]:
    """A shard's share of all files, and what it adds to the figures."""
    shard = job.shards[number]
    corpus = corpus_of(job, shard)
    findings = job.load("shards", number, "findings.arrow")
    decisions = job.load("shards", number, "decisions.arrow")
    fates = fates_of(job, shard.first, shard.rows)
    told = figures_of(job, number, corpus, findings, decisions, fates)
    told["lines"] = _lines(job, shard, corpus, findings, decisions, fates)
    kept = fates.filter(pl.col("fate") != "set_aside").select("example")
    kinds = corpus.examples.join(kept, on="example", how="semi").select(kind=kind())["kind"]
    told["kept_kinds"] = sorted(kinds.unique())
    _tables(job, number, corpus, findings, decisions, fates)
    _measures(job, number, corpus, findings, fates)
    if job.recipe.model.count_tokens:
        put_candidates(job, shard, corpus, findings, fates)
    if job.recipe.model.tokenized:
        _tokens(job, shard, corpus, fates)
    secret = findings.filter(pl.col("check") == "secrets")["example"].unique()
    shut = pl.concat([fates.filter("sealed")["example"], secret])
    told["answers"] = send_phrases(job, number, corpus, shut)
    told["between"] = count_between(job, number, corpus, fates) if job.path("held_back.arrow").exists() else 0
    return told


def _measures(job: Job, number: int, corpus: Corpus, findings: pl.DataFrame, fates: pl.DataFrame) -> None:
    """What the proof of the split, the clusters and the held-out sets are made from."""
    folder = job.path("shards", number)
    languages = job.load("languages.arrow")["name"].to_list()
    mixed = mix(corpus, job.recipe.split, languages)
    kept = fates.filter(pl.col("fate") != "set_aside").select("example", "fate")
    job.save(counted(kept.join(mixed, on="example", maintain_order="left")), folder, "mix.arrow")
    characters = corpus.turns.group_by("example").agg(characters=text.str.len_chars().sum())
    known = corpus.examples.select("example").join(
        characters, on="example", how="left", maintain_order="left"
    )
    job.put(known["characters"].cast(pl.Int64).fill_null(-1).to_numpy(), folder, "characters.npy")
    if job.recipe.model.count_tokens:
        job.put(corpus.rendered["tokens"].cast(pl.Int64).fill_null(-1).to_numpy(), folder, "weight.npy")
    job.save(held_out.found(corpus.examples, findings), folder, "touched.arrow")


def _lines(
    job: Job,
    shard: Shard,
    corpus: Corpus,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    fates: pl.DataFrame,
) -> dict[str, int]:
    """Writes a shard's lines; returns how many there are for each file."""
    rows = corpus.examples.join(fates, on="example", maintain_order="left")
    told: dict[str, int] = {}

    def write(name: str, lines: Iterable[bytes]) -> None:
        every = list(lines)
        if every:
            told[name] = len(every)
            data = b"\n".join(every) + b"\n"
            whole(job.path("shards", shard.number, "out", name), lambda part: part.write_bytes(data))

    for split in ("train", "validation", "test"):
        chosen = rows.filter(pl.col("fate") == split).select(corpus.examples.columns)
        turns = corpus.turns.join(chosen.select("example"), on="example", how="semi", maintain_order="left")
        texts = jsonl.training_rows(chosen, turns)
        kinds = chosen.select(kind=kind())["kind"]
        if split == "test":
            write(SEALED, (one.encode() for one in texts))
        else:
            for of in KINDS:
                if (kinds == of).any():
                    write(file_of(split, of), (one.encode() for one in texts.filter(kinds == of)))
    reasoned = rows.join(decisions, on="example", maintain_order="left").join(
        corpus.originals, on="example", maintain_order="left"
    )
    aside, sealed = pl.col("fate") == "set_aside", pl.col("sealed")
    write("set_aside.jsonl", jsonl.reasoned_rows(reasoned.filter(aside & ~sealed), findings))
    write(SEALED_ASIDE, jsonl.reasoned_rows(reasoned.filter(aside & sealed), findings))
    asked = reasoned.filter((pl.col("outcome") == "review") & ~sealed)
    write("review.jsonl", jsonl.reasoned_rows(asked, findings))
    write("unreadable.jsonl", jsonl.unreadable_rows(corpus.unreadable))
    return told


def _tokens(job: Job, shard: Shard, corpus: Corpus, fates: pl.DataFrame) -> None:
    """Writes token ids and labels of a shard's rows, a file for each split that has any."""
    for split in SPLITS:
        chosen = fates.filter(pl.col("fate") == split).select("example")
        examples = corpus.examples.join(chosen, on="example", how="semi", maintain_order="left")
        turns = corpus.turns.join(chosen, on="example", how="semi", maintain_order="left")
        part = replace(corpus, examples=examples, turns=turns)
        with borrowed(job) as tokenizer:
            tables = list(tokenized(part, tokenizer, wanted_of(job.recipe)))
        if tables:
            path = job.path("shards", shard.number, "out", f"tokenized-{split}.parquet")
            whole(path, partial(pq.write_table, pa.concat_tables(tables)))


def _tokens_of(job: Job, split: str) -> Iterator[pa.Table]:
    """The tables of token ids of all shards."""
    for shard in job.shards:
        part = job.path("shards", shard.number, "out", f"tokenized-{split}.parquet")
        if part.exists():
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches(1_024):
                    yield pa.Table.from_batches([batch]).cast(SCHEMA)


def _tables(
    job: Job,
    number: int,
    corpus: Corpus,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    fates: pl.DataFrame,
) -> None:
    sealed = fates.filter("sealed").select("example")
    counted_tokens = corpus.rendered.select("example", "tokens", "trained")
    examples = corpus.examples.join(counted_tokens, on="example", how="left", maintain_order="left")
    frames = {
        "sealed/findings": findings.join(sealed, on="example", how="semi", maintain_order="left"),
        "tables/examples": without_text(examples, sealed, "tools", "extra"),
        "tables/turns": corpus.turns.join(sealed, on="example", how="anti", maintain_order="left"),
        "tables/findings": without_text(findings, sealed, "message", "start", "end"),
        "tables/decisions": without_text(decisions, sealed, "why"),
        "tables/splits": fates,
    }
    assert set(frames) == set(TABLES)
    for name, frame in frames.items():
        job.save(frame, "shards", number, "out", f"{name}.arrow")


def write_run(
    job: Job,
    out: Path,
    *,
    force: bool,
    told: list[dict[str, Any]],
    summary: Summary,
    about: dict[str, Any],
    leaks: pl.DataFrame,
    views: pl.DataFrame,
    before: Run | None,
) -> Run:
    """Puts the run folder together: parts first, the manifest last, and the name when all of it is there."""
    with staged(out, force=force) as stage:
        files = Files(stage)
        for name in TABLES:
            _put_table(job, files, name)
        _put_lines(job, files, told)
        for split in SPLITS if job.recipe.model.tokenized else ():
            file = SEALED_TOKENS if split == "test" else f"tokenized/{split}.parquet"
            files.tables(file, _tokens_of(job, split))
        # Numbers of rows and similarities: no text.
        files.table("tables/near", near_of(job))
        files.table("tables/alike", alike_of(job))
        items = job.path("held_out.arrow")
        touched = touched_of(job)
        if items.exists():
            names = touched.select("set", "item").unique()
            known = job.load(items).join(names, on=["set", "item"], how="semi", maintain_order="left")
            files.table("tables/held_out", known)
            rows = touched["example"].to_numpy()
            fates = pl.Series(np.array(job.get("fate.npy"))[rows], dtype=pl.UInt8)
            named = fates.replace_strict(dict(enumerate(FATES)), return_dtype=pl.String)
            files.lines(HELD_OUT, jsonl.touched_items(touched.with_columns(fate=named)))
        else:
            from finesift.tables import HELD_OUT as ITEMS

            files.table("tables/held_out", ITEMS.to_frame())
        files.table("tables/masks", views)
        files.table("tables/leaks", leaks)
        files.table("tables/edits", EDITS.to_frame())
        manifest = {
            "finesift": __version__,
            **about,
            "recipe": job.recipe.model_dump(exclude_none=True),
            "summary": summary.as_dict(),
            "outputs": files.written,
        }
        if before is not None:
            manifest |= remembered(before, stage, manifest, _test_rows(job))
        reports(files, manifest, out.name)
        manifest["outputs"] = dict(sorted(files.written.items()))
        (stage / MANIFEST).write_bytes(pretty(manifest))
    return Run(out)


def _test_rows(job: Job) -> pl.DataFrame:
    rows = np.flatnonzero(np.array(job.get("fate.npy")) == FATES.index("test"))
    return pl.DataFrame({"id": ids_of(job, rows), "fate": pl.repeat("test", len(rows), eager=True)})


def _put_table(job: Job, files: Files, name: str) -> None:
    parts = [job.path("shards", shard.number, "out", f"{name}.arrow") for shard in job.shards]
    path = files.path(f"{name}.parquet")
    pl.scan_ipc(parts).sink_parquet(path, row_group_size=ROW_GROUP, maintain_order=True)
    files.note(f"{name}.parquet", path, rows=int(pl.scan_parquet(path).select(pl.len()).collect().item()))


def _put_lines(job: Job, files: Files, told: list[dict[str, Any]]) -> None:
    present = _present(told)
    names = [file_of(split, of) for split in ("train", "validation") for of in present]
    names += [SEALED, "set_aside.jsonl", "review.jsonl", "unreadable.jsonl"]
    if any(SEALED_ASIDE in one["lines"] for one in told):
        names.append(SEALED_ASIDE)
    for name in names:
        parts = [
            job.path("shards", shard.number, "out", name)
            for shard, one in zip(job.shards, told, strict=True)
            if name in one["lines"]
        ]
        path = files.path(name)
        with path.open("wb") as raw:
            if path.suffix == ".zst":
                with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as packed:
                    _append(parts, packed)
            else:
                _append(parts, raw)
        files.note(name, path, rows=sum(one["lines"].get(name, 0) for one in told))


def _present(told: list[dict[str, Any]]) -> list[str]:
    """The kinds of rows that any split has, conversations first."""
    seen = {of for one in told for of in one["kept_kinds"]}
    return [of for of in KINDS if of in seen] or [KINDS[0]]


def _append(parts: list[Path], out: Any) -> None:
    for part in parts:
        with part.open("rb") as file:
            shutil.copyfileobj(file, out, 1 << 20)
