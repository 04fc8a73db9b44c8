"""The run folder: everything that a run produced, written whole or not at all.

train.jsonl  validation.jsonl       what to train on, and what to stop by: conversations
train.KIND.jsonl …                  the same for preference pairs, rated answers (kto) and plain text, if any
sealed/test.jsonl.zst               the test set; no other file holds a word of it
    sealed/set_aside.jsonl.zst          rows set aside that are relatives of test rows, if any
    sealed/findings.parquet             what checks saw in sealed rows
    sealed/openings.jsonl               who opened the seal, when and why
    test.jsonl  test.KIND.jsonl         the test set, once the seal was opened
as_read/train.jsonl  validation.jsonl    the same rows in the layout that each came in, if asked
tokenized/*.parquet                 the same as token ids and labels, if asked; the test set in sealed/
set_aside.jsonl                     every other row, in its original form, with its reasons
review.jsonl                        the rows among those kept that a person should look at, likewise
unreadable.jsonl                    rows that could not be read, as they came in
held_out.jsonl                      held-out items that some row was found to hold, so that they can be left out
report.md  report.html  README.md   what happened, twice; a data set card
manifest.json                       inputs and outputs by hash, recipe, counts
tables/*.parquet                    examples, turns, findings, decisions, splits, near, alike, leaks, edits, masks (two
                                    rows as the model reads them); no text of sealed rows
"""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from finesift import __version__
from finesift.corpus import Corpus, content_id, html_table
from finesift.errors import RunError, UsageError
from finesift.recipe import Recipe
from finesift.report import card, held_out, html, markdown
from finesift.report.summary import Summary
from finesift.split import seal
from finesift.write import jsonl, tokens
from finesift.write.as_read import as_read, left_out
from finesift.write.kinds import KINDS, file_of, files_of, kind, kind_of

if TYPE_CHECKING:
    from finesift.nearest import Kept

MANIFEST = "manifest.json"
SEALED = "sealed/test.jsonl.zst"
SEALED_TOKENS = "sealed/test.parquet"
SEALED_ASIDE = "sealed/set_aside.jsonl.zst"
UNSEALED = "test.jsonl"
HELD_OUT = "held_out.jsonl"
# Rows of a table that are read together: who looks at one row reads so many.
ROW_GROUP = 1 << 15


@dataclass(frozen=True)
class Row:
    """Everything a run knows about one row."""

    id: str
    source: str
    row: int
    shape: str
    fate: str
    outcome: str
    check: str | None
    by: str
    why: str | None
    tokens: int | None
    trained: int | None
    messages: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    edits: list[dict[str, Any]]  # corrections by people: turn, before, after, by, why
    others: dict[str, str]  # texts of what findings compare it with, by id; not of sealed rows


@dataclass(frozen=True)
class Run:
    """A run folder, opened."""

    path: Path

    @classmethod
    def open(cls, path: str | Path) -> Run:
        path = Path(path)
        if not (path / MANIFEST).is_file():
            raise UsageError(
                f"{path} is not a run folder: it has no {MANIFEST}.",
                hint="`finesift prep DATA -o RUN` makes one.",
            )
        return cls(path)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = orjson.loads((self.path / MANIFEST).read_bytes())
        except orjson.JSONDecodeError as e:
            raise RunError(f"{self.path / MANIFEST} is damaged: {e}.", hint="Make the run again.") from e
        return manifest

    def _repr_html_(self) -> str:
        """For notebooks: where every row went, and what the checks saw."""
        summary = Summary.from_dict(self.manifest["summary"])
        fates = [(fate.replace("_", " "), rows) for fate, rows in summary.fates.items()]
        checks = [(check.check, check.set_aside, check.review, check.found) for check in summary.checks]
        parts = [f"<p><b>{escape(str(self.path))}</b></p>", html_table([*fates, ("read", summary.rows)])]
        return "".join([*parts, html_table([("check", "set aside", "review", "found"), *checks])])

    def files(self, split: str) -> list[Path]:
        """The files of train or validation: one for each kind of rows, conversations first."""
        return [self.path / name for name in files_of(split, self.manifest["outputs"])]

    def table(self, name: str) -> pl.DataFrame:
        """examples, turns, findings, decisions, splits, near, alike, held_out or masks."""
        file = self.path / "tables" / f"{name}.parquet"
        try:
            return pl.read_parquet(file)
        except (OSError, pl.exceptions.PolarsError) as e:
            raise RunError(f"{file} cannot be read: {e}.", hint="Make the run again.") from e

    def findings(self) -> pl.DataFrame:
        """All findings with their messages, those about sealed rows too: for deciding again, not for looking."""
        sealed = pl.read_parquet(self.path / "sealed/findings.parquet")
        hidden = pl.col("example").is_in(sealed["example"].unique().implode())
        both = pl.concat([self.table("findings").filter(~hidden), sealed])
        return both.sort("example", "check", "turn", "start", nulls_last=True)

    def row(self, id_: str) -> Row:
        """The row with this id, or with the only id that begins like this."""
        examples = self.table("examples")
        found = examples.filter(pl.col("id") == id_)
        if not found.height:
            found = examples.filter(pl.col("id").str.starts_with(id_))
        if found.height != 1:
            ids = ", ".join(found["id"].head(5))
            what = (
                f"{found.height} rows begin with {id_}: {ids}, …"
                if found.height
                else f"no row has the id {id_}"
            )
            raise UsageError(f"{self.path}: {what}.", hint="Ids stand in train.jsonl and set_aside.jsonl.")
        example = found.row(0, named=True)
        this = pl.col("example") == example["example"]
        decision = self.table("decisions").filter(this).row(0, named=True)
        split = self.table("splits").filter(this).row(0, named=True)
        found_in = self.table("findings")
        if not split["sealed"]:
            messages = self.table("turns").filter(this).to_dicts()
        elif split["fate"] == "test" and self.manifest.get("openings"):
            messages, found_in = self._sealed_messages(example["id"]), self.findings()
        else:
            raise UsageError(
                f"{example['id']} belongs to the sealed test set.",
                hint="Nobody looks at the test set before the end, this command included.",
            )
        findings = found_in.filter(this)
        return Row(
            **{name: example[name] for name in ("id", "source", "row", "shape", "tokens", "trained")},
            fate=split["fate"],
            **{name: decision[name] for name in ("outcome", "check", "by", "why")},
            messages=messages,
            findings=findings.to_dicts(),
            edits=self._edits(this),
            others=self.texts(findings["other"].drop_nulls().unique().to_list()),
        )

    def _edits(self, this: pl.Expr) -> list[dict[str, Any]]:
        """Corrections of a row; runs of before there were any have no table of them."""
        if not (self.path / "tables/edits.parquet").is_file():
            return []
        return self.table("edits").filter(this).drop("example").to_dicts()

    def near(self, text: str, k: int = 10) -> pl.DataFrame:
        """The `k` rows that ask what is nearest to a text in meaning: id, similarity, source, row, fate and asked.

        By static vectors, made at the first question and kept between runs; rows of the sealed set are not among them.
        """
        from finesift.nearest import nearest

        return nearest(self, text, k, self._vectors)

    @cached_property
    def _vectors(self) -> Kept:
        from finesift.nearest import vectors_of

        return vectors_of(self)

    def texts(self, names: list[str]) -> dict[str, str]:
        """The texts of rows (by id) and held-out items (NAME:ITEM), as far as they may be looked at."""
        rows = (
            self.table("examples")
            .filter(pl.col("id").is_in(names))
            .select("example", name="id")
            .join(self.table("turns"), on="example", maintain_order="left")
            .group_by("name", maintain_order=True)
            .agg(pl.col("content").fill_null("").str.join("\n\n"))
        )
        items = (
            self.table("held_out")
            .with_columns(name=pl.format("{}:{}", "set", "item"))
            .filter(pl.col("name").is_in(names))
            .select(
                "name", pl.concat_str("question", "options", "answer", separator="\n\n", ignore_nulls=True)
            )
        )
        return dict([*rows.iter_rows(), *items.iter_rows()])

    def _sealed_messages(self, id_: str) -> list[dict[str, Any]]:
        """The messages of a test row, for a run that was unsealed."""
        from finesift.read import read

        corpus = read([self.path / SEALED])
        this = corpus.examples.filter(content_id() == id_[:16]).head(1)
        return corpus.turns.join(this.select("example"), on="example", how="semi").to_dicts()


@contextmanager
def staged(path: Path, *, force: bool) -> Iterator[Path]:
    """A folder to write a run into, which takes the name `path` at the end of the block.

    Killed in between, it leaves nothing under that name; the next run to the same path clears what is left.
    """
    refuse_occupied(path, force=force)
    path = path.absolute()
    mine = f"{platform.node()}-{os.getpid()}"
    stage = path.parent / f".{path.name}.{mine}.partial"
    replaced = path.parent / f".{path.name}.{mine}.replaced"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(path)
        if any(_ours(leftover, path) for leftover in path.parent.glob(f".{path.name}.*.partial")):
            raise UsageError(
                f"another run is being written to {path}.",
                hint="Wait for it, or choose another folder with -o.",
            )
        stage.mkdir()
        try:
            yield stage
            if path.exists():
                path.rename(replaced)
            stage.rename(path)
        finally:
            for leftover in (stage, replaced):
                shutil.rmtree(leftover, ignore_errors=True)
    except OSError as e:
        where = e.filename or path.parent
        raise RunError(
            f"the run could not be written to {path}: {e.strerror or e} ({where}).",
            hint="Nothing was left half-written. Make room or choose another folder with -o, and run again.",
        ) from e


def refuse_sealed(files: Iterable[str | Path]) -> None:
    """Before anything is looked at: the sealed rows of a run are nobody's data until it is unsealed."""
    for name in files:
        folder = Path(name).resolve().parent
        if folder.name == Path(SEALED).parent.name and (folder.parent / MANIFEST).is_file():
            raise UsageError(
                f"{name} is the sealed part of a run.",
                hint="Look at validation.jsonl; `finesift unseal` opens the test set, at the end, on record.",
            )


def refuse_occupied(path: Path, *, force: bool) -> None:
    """Before any work: a folder in the way stays as it is, unless it is a run and `force` is given."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / MANIFEST).is_file():
        raise UsageError(f"{path} exists and is not a run folder.", hint="Choose another folder with -o.")
    if not force:
        raise UsageError(
            f"{path} holds a run.", hint="Choose another folder with -o, or replace it with --force."
        )
    if foreign := _foreign(path):
        named = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise UsageError(
            f"{path} holds files that no run wrote: {named}.",
            hint="Move them elsewhere; a run is replaced with all that is in its folder.",
        )


def _foreign(path: Path) -> list[str]:
    """Files in a run folder that Finesift did not write, by their paths within it."""
    try:
        known = set(orjson.loads((path / MANIFEST).read_bytes()).get("outputs", ()))
    except (OSError, orjson.JSONDecodeError, AttributeError):
        known = set()
    known |= {MANIFEST, seal.RECORD, *(file_of("test", of) for of in KINDS)}
    written = (file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    return sorted(name for name in written if name not in known)


def _clear_leftovers(path: Path) -> None:
    for leftover in path.parent.glob(f".{path.name}.*"):
        process = _ours(leftover, path)
        if process and not _alive(process):
            shutil.rmtree(leftover, ignore_errors=True)


def _ours(leftover: Path, path: Path) -> int | None:
    """The process of this machine that wrote, or writes, a folder beside `path`; None where it was none."""
    owner, _, kind = leftover.name.removeprefix(f".{path.name}.").rpartition(".")
    host, _, process = owner.rpartition("-")
    ours = kind in ("partial", "replaced") and host == platform.node() and process.isdecimal()
    return int(process) if ours else None


def _alive(process: int) -> bool:
    if os.name != "posix":  # there, signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()


def replaced(path: Path) -> Run | None:
    """The run that stands where another is to be written, if it can be read."""
    if not (path / MANIFEST).is_file():
        return None
    run = Run.open(path)
    try:
        return run if "outputs" in run.manifest else None
    except RunError:
        return None


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
    model reads them, as `chat.view.VIEWS`. leaks: see `leaks.LEAKS`. edits: see `corpus.EDITS`. before: the run that
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
        files.table("tables/edits", edits.join(splits.filter("sealed"), on="example", how="anti"))
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


def unseal(run: Run, *, why: str, who: str | None = None) -> list[Path]:
    """Writes the test set out, a file for each kind of rows, and puts the opening on record, in the report too.

    Raises UsageError without a reason, RunError where the seal is already broken.
    """
    if not why.strip():
        raise UsageError(
            "the seal is opened only for a reason.", hint='Give one:  --why "final evaluation of v3"'
        )
    manifest = run.manifest
    sealed = manifest["outputs"][SEALED]["sha256"]
    if sha256(run.path / SEALED) != sealed:
        raise RunError(f"{run.path / SEALED} is not what was sealed.", hint="`finesift verify` says more.")
    record = seal.openings(run.path)
    if fault := seal.broken(record, sealed, manifest.get("opened")):
        raise RunError(f"{run.path / seal.RECORD}: {fault}.", hint="`finesift verify` says more.")
    record.append(seal.next_opening(record, sealed, who=who or getpass.getuser(), why=why))

    # The record goes first: killed in between, it knows of an opening that gave nothing away.
    files = Files(run.path, written=manifest["outputs"])
    _replace(run.path / seal.RECORD, b"".join(opening.line + b"\n" for opening in record))
    manifest = {**manifest, "opened": record[-1].hash, "openings": len(record)}
    reports(files, manifest, run.path.name)
    _replace(run.path / MANIFEST, pretty(manifest))
    rows = zstandard.ZstdDecompressor().stream_reader((run.path / SEALED).read_bytes()).read()
    by_file: dict[str, list[bytes]] = {}
    for line in rows.splitlines(keepends=True):
        by_file.setdefault(file_of("test", kind_of(orjson.loads(line))), []).append(line)
    opened = files_of("test", by_file) or [UNSEALED]
    for name in opened:
        _replace(run.path / name, b"".join(by_file.get(name, ())))
    return [run.path / name for name in opened]


def reports(files: Files, manifest: dict[str, Any], name: str) -> None:
    summary = Summary.from_dict(manifest["summary"])
    files.text("report.md", markdown.report(summary, manifest))
    try:
        page = html.report(summary, manifest, name, files.folder, seal.openings(files.folder))
    except (OSError, pl.exceptions.PolarsError) as e:
        raise RunError(f"{files.folder / 'tables'} cannot be read: {e}.", hint="Make the run again.") from e
    files.text("report.html", page)
    files.text("README.md", card.card(summary, manifest, name))


def pretty(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def _replace(path: Path, content: bytes) -> None:
    """Writes a file under another name first, so that no half of it ever has this one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.partial")
    part.write_bytes(content)
    part.replace(path)


def without_text(frame: pl.DataFrame, sealed: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with `columns` emptied for sealed rows."""
    hidden = pl.col("example").is_in(sealed["example"].implode())
    return frame.with_columns(pl.when(~hidden).then(pl.col(name)).alias(name) for name in columns)


class Files:
    """Writes files below a folder and remembers their size, lines and hash."""

    def __init__(self, folder: Path, written: dict[str, dict[str, Any]] | None = None) -> None:
        self.folder = folder
        self.written = {} if written is None else written

    def lines(self, name: str, lines: Iterable[bytes]) -> None:
        """One line each; compressed where the name ends in .zst."""
        path = self.path(name)
        count = 0
        with path.open("wb") as raw:
            if path.suffix == ".zst":
                with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as out:
                    for line in lines:
                        count += 1
                        out.write(line + b"\n")
            else:
                for line in lines:
                    count += 1
                    raw.write(line + b"\n")
        self.note(name, path, rows=count)

    def table(self, name: str, frame: pl.DataFrame) -> None:
        path = self.path(f"{name}.parquet")
        frame.write_parquet(path, row_group_size=ROW_GROUP)
        self.note(f"{name}.parquet", path, rows=frame.height)

    def tables(self, name: str, tables: Iterable[pa.Table]) -> None:
        path = self.path(name)
        rows = 0
        with pq.ParquetWriter(path, tokens.SCHEMA, compression="zstd") as out:
            for table in tables:
                out.write_table(table)
                rows += table.num_rows
        self.note(name, path, rows=rows)

    def text(self, name: str, text: str) -> None:
        path = self.path(name)
        _replace(path, text.encode())
        self.note(name, path)

    def path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        return path

    def note(self, name: str, path: Path, **more: int) -> None:
        self.written[name] = {"bytes": path.stat().st_size, "sha256": sha256(path), **more}


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inputs(given: list[str]) -> list[dict[str, Any]]:
    """Path, bytes and SHA-256 of each file among what was given to read."""
    from finesift.read import paths

    files = [Path(name) for name in paths(given) if Path(name).is_file()]
    return [{"path": str(file), "bytes": file.stat().st_size, "sha256": sha256(file)} for file in files]
