"""A run, written whole or not at all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from finesift import __version__
from finesift.corpus import Corpus
from finesift.errors import RunError
from finesift.outputs import Files, pretty, without_text
from finesift.recipe import Recipe
from finesift.report import card, held_out, html, markdown
from finesift.report.summary import Summary
from finesift.run import HELD_OUT, MANIFEST, SEALED, SEALED_ASIDE, SEALED_TOKENS, Run, staged
from finesift.split import seal
from finesift.write import jsonl
from finesift.write.as_read import as_read, left_out
from finesift.write.kinds import KINDS, file_of, kind


def write(
    path: Path,
    *,
    force: bool,
    corpus: Corpus,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    splits: pl.DataFrame,
    summary: Summary,
    recipe: Recipe,
    about: dict[str, Any],
    views: pl.DataFrame,
    leaks: pl.DataFrame,
    edits: pl.DataFrame,
    before: Run | None = None,
    tokenize: Callable[[Corpus], Iterable[pa.Table]] | None = None,
) -> Run:
    """Writes the run folder.

    splits: columns example, group, split, fate, sealed. about: further parts of the manifest. views: rows as the
    model reads them, as `chat.view.VIEWS`. leaks: see `leaks.LEAKS`. edits: see `tables.EDITS`. before: the run that
    this one replaces or decides again; openings of its test set are not forgotten. tokenize: to write token ids and
    labels as well, as `write.tokens.tokenized` gives them.
    """
    begun = time.perf_counter()
    with staged(path, force=force) as stage:
        files = Files(stage)
        # Tables are Polars' work and lines are Python's, so they do not wait for one another.
        with ThreadPoolExecutor(1) as beside:
            tables = beside.submit(_write_tables, files, corpus, findings, decisions, splits)
            _write_rows(files, corpus, findings, decisions, splits, tokenize)
            if recipe.data.as_read:
                _write_as_read(files, corpus, splits, edits)
            tables.result()
        files.table("tables/masks", views)
        files.table("tables/leaks", leaks)
        sealed = splits.filter("sealed")
        files.table("tables/edits", edits.join(sealed, on="example", how="anti"))
        if recipe.coverage.plan is not None:
            files.table("tables/planned", corpus.planned.join(sealed, on="example", how="anti"))
        manifest = {
            "finesift": __version__,
            **about,
            "recipe": recipe.model_dump(exclude_none=True),
            "summary": summary.as_dict(),
            "outputs": files.written,
        }
        if before is not None:
            manifest |= remembered(before, stage, manifest, corpus.examples.join(splits, on="example"))
        reports(files, manifest, path.name)
        manifest["outputs"] = dict(sorted(files.written.items()))
        manifest["seconds"] = manifest["seconds"] | {"write": round(time.perf_counter() - begun, 3)}
        (stage / MANIFEST).write_bytes(pretty(manifest))
    return Run(path)


def remembered(before: Run, stage: Path, manifest: dict[str, Any], rows: pl.DataFrame) -> dict[str, Any]:
    """What the manifest has to say of a test set that was opened in the run before: openings follow its rows.

    The same test set takes its record along; of another one it is said how many of its rows were seen.
    """
    known = before.manifest
    times = int(known.get("openings", 0))
    seen = int(known.get("seen_before", {}).get("rows", 0))
    if not times and not seen:
        return {}
    if known["outputs"][SEALED]["sha256"] == manifest["outputs"][SEALED]["sha256"]:
        if times:
            shutil.copyfile(before.path / seal.RECORD, stage / seal.RECORD)
        return {name: known[name] for name in ("opened", "openings", "seen_before") if name in known}
    old = before.table("examples").join(before.table("splits").filter(pl.col("fate") == "test"), on="example")
    shared = rows.filter(pl.col("fate") == "test").join(old.select("id"), on="id", how="semi").height
    return {"seen_before": {"rows": shared, "openings": max(times, 1)}} if shared else {}


def _write_rows(
    files: Files,
    corpus: Corpus,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    splits: pl.DataFrame,
    tokenize: Callable[[Corpus], Iterable[pa.Table]] | None,
) -> None:
    rows = corpus.examples.join(splits, on="example", maintain_order="left")
    trained = set(rows.filter(pl.col("fate") != "set_aside").select(kind=kind())["kind"])
    present = [of for of in KINDS if of in trained] or [KINDS[0]]
    for split in ("train", "validation", "test"):
        chosen = rows.filter(pl.col("fate") == split).select(corpus.examples.columns)
        turns = corpus.turns.join(chosen.select("example"), on="example", how="semi", maintain_order="left")
        texts = jsonl.training_rows(chosen, turns)
        if split == "test":
            files.lines(SEALED, (text.encode() for text in texts))
        else:
            kinds = chosen.select(kind=kind())["kind"]
            for of in present:
                files.lines(file_of(split, of), (text.encode() for text in texts.filter(kinds == of)))
        if tokenize is not None:
            file = SEALED_TOKENS if split == "test" else f"tokenized/{split}.parquet"
            files.tables(file, tokenize(replace(corpus, examples=chosen, turns=turns)))
    aside = (
        rows.filter(pl.col("fate") == "set_aside")
        .join(decisions, on="example", maintain_order="left")
        .join(corpus.originals, on="example", maintain_order="left")
    )
    files.lines("set_aside.jsonl", jsonl.reasoned_rows(aside.filter(~pl.col("sealed")), findings))
    if aside["sealed"].any():
        files.lines(SEALED_ASIDE, jsonl.reasoned_rows(aside.filter("sealed"), findings))
    asked = (
        rows.filter(~pl.col("sealed"))
        .join(decisions.filter(pl.col("outcome") == "review"), on="example", maintain_order="left")
        .join(corpus.originals, on="example", maintain_order="left")
    )
    files.lines("review.jsonl", jsonl.reasoned_rows(asked, findings))
    files.lines("unreadable.jsonl", jsonl.unreadable_rows(corpus.unreadable))
    if corpus.held_out.height:
        touched = held_out.found(corpus.examples, findings).join(splits, on="example", maintain_order="left")
        files.lines(HELD_OUT, jsonl.touched_items(touched))


def _write_as_read(files: Files, corpus: Corpus, splits: pl.DataFrame, edits: pl.DataFrame) -> None:
    without: list[bytes] = []
    for split in ("train", "validation"):
        chosen = splits.filter(pl.col("fate") == split).select("example")
        lines, left = as_read(corpus, chosen, edits)
        files.lines(f"as_read/{split}.jsonl", lines)
        without += left_out(left)
    files.lines("as_read/left_out.jsonl", without)


def _write_tables(
    files: Files, corpus: Corpus, findings: pl.DataFrame, decisions: pl.DataFrame, splits: pl.DataFrame
) -> None:
    sealed = splits.filter("sealed").select("example")
    examples = corpus.examples.join(
        corpus.rendered.select("example", "tokens", "trained"),
        on="example",
        how="left",
        maintain_order="left",
    )
    open_turns = corpus.turns.join(sealed, on="example", how="anti", maintain_order="left")
    files.table("sealed/findings", findings.join(sealed, on="example", how="semi", maintain_order="left"))
    files.table("tables/examples", without_text(examples, sealed, "tools", "extra"))
    files.table("tables/turns", open_turns)
    files.table("tables/findings", without_text(findings, sealed, "message", "start", "end"))
    files.table("tables/decisions", without_text(decisions, sealed, "why"))
    files.table("tables/splits", splits)
    # Numbers of rows and similarities: no text.
    files.table("tables/near", corpus.near)
    files.table("tables/alike", corpus.alike)
    touched = held_out.found(corpus.examples, findings).select("set", "item").unique()
    items = corpus.held_out.join(touched, on=["set", "item"], how="semi", maintain_order="left")
    files.table("tables/held_out", items)


def reports(files: Files, manifest: dict[str, Any], name: str) -> None:
    summary = Summary.from_dict(manifest["summary"])
    files.text("report.md", markdown.report(summary, manifest))
    try:
        page = html.report(summary, manifest, name, files.folder, seal.openings(files.folder))
    except (OSError, pl.exceptions.PolarsError) as e:
        raise RunError(f"{files.folder / 'tables'} cannot be read: {e}.", hint="Make the run again.") from e
    files.text("report.html", page)
    files.text("README.md", card.card(summary, manifest, name))
