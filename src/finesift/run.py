"""The run folder: everything that a run produced, and a run that is opened.

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
                                    rows as the model reads them), planned (behaviours); no text of sealed rows
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl

from finesift.errors import RunError, UsageError
from finesift.ids import content_id
from finesift.notebook import html_table
from finesift.split import seal
from finesift.write.kinds import KINDS, file_of, files_of

if TYPE_CHECKING:
    from finesift.nearest import Kept

MANIFEST = "manifest.json"
SEALED = "sealed/test.jsonl.zst"
SEALED_TOKENS = "sealed/test.parquet"
SEALED_ASIDE = "sealed/set_aside.jsonl.zst"
UNSEALED = "test.jsonl"
HELD_OUT = "held_out.jsonl"


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
        summary = self.manifest["summary"]
        fates = [(fate.replace("_", " "), rows) for fate, rows in summary["fates"].items()]
        checks = [
            tuple(check[name] for name in ("check", "set_aside", "review", "found"))
            for check in summary["checks"]
        ]
        parts = [f"<p><b>{escape(str(self.path))}</b></p>", html_table([*fates, ("read", summary["rows"])])]
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


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inputs(given: list[str]) -> list[dict[str, Any]]:
    """Path, bytes and SHA-256 of each file among what was given to read."""
    from finesift.read import paths

    files = [Path(name) for name in paths(given) if Path(name).is_file()]
    return [{"path": str(file), "bytes": file.stat().st_size, "sha256": sha256(file)} for file in files]
