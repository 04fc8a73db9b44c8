"""Files into the corpus."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from finesift.corpus import Corpus
from finesift.ids import number_copies
from finesift.read import flat_trees, flat_turns, otlp
from finesift.read.batches import Batches, batches_of
from finesift.read.conversations.convert import Converter
from finesift.read.conversations.frames import Columns
from finesift.read.dataset_info import named
from finesift.read.options import MAX_RATIO, Options
from finesift.read.own_rows import unwrap
from finesift.read.records.files import paths as expand
from finesift.read.records.files import sources
from finesift.read.records.record import Block
from finesift.tables import EXAMPLES, NOTES, ORIGINALS, TURNS, UNREADABLE

#: Bytes of rows that become Arrow columns together.
BATCH = 16 << 20


def read(
    paths: Sequence[str | Path],
    *,
    roles: Mapping[str, str] = {},
    columns: Mapping[str, str] = {},
    repair: Collection[str] = (),
    trees: Literal["best", "paths"] = "best",
    unpack_ratio: float = MAX_RATIO,
    multimodal: Literal["carry", "refuse"] = "carry",
    pairs: Literal["best", "all"] = "best",
    calls: Literal["keep", "parse"] = "keep",
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Every row of the files, understood or kept raw with the reason.

    paths: files, globs, folders, hf://ORG/NAME, or - for standard input, see `finesift.read.paths`.
    roles: what the data calls its roles, {"bot": "assistant"}. columns: what it calls its columns,
    {"my_question": "prompt", "my_reply": "completion"}; see `finesift.read.fields`.
    repair: lossy repairs that are allowed, see `finesift.read.repair`; the lossless ones need no leave.
    trees: of a tree of replies, the best path or all paths, each an example of the same row.
    unpack_ratio: how many times its size a packed file may unpack to.
    multimodal: rows with pictures, recordings or files: carry them as they are, or refuse them, as a finding.
    pairs: of ranked answers, the best against the worst, or all pairs, each an example of the same row.
    calls: of tool calls that stand in the text between tags: keep them there, or parse them into calls.
    progress: told the bytes read and the bytes there are; what comes by pipe counts 0.

    Takes the memory of the corpus, about twice the bytes of the rows, and about 200 MB on the way; a single
    JSON object that wraps all rows is held as Python objects as well.
    Raises InputError for a file that cannot be read at all, UsageError for a name that does not exist.
    """
    options = Options(roles, columns, repair, trees, unpack_ratio, multimodal, pairs, calls)
    files = expand(paths)
    sizes = [Path(file).stat().st_size if Path(file).is_file() else 0 for file in files]
    tables: dict[str, list[pl.DataFrame]] = {
        "examples": [EXAMPLES.to_frame()],
        "turns": [TURNS.to_frame()],
        "originals": [ORIGINALS.to_frame()],
        "unreadable": [UNREADABLE.to_frame()],
        "notes": [NOTES.to_frame()],
    }
    first, batches = 0, batches_of(files)
    for number, file in enumerate(files):
        before = sum(sizes[:number])
        for frames, done in portions(file, options, first, batches=batches):
            for name, frame in frames.items():
                tables[name].append(frame)
            first += frames["examples"].height
            if progress:
                progress(before + min(done, sizes[number]), sum(sizes))
    whole = {name: pl.concat(frames, rechunk=True) for name, frames in tables.items()}
    whole["examples"] = unwrap(number_copies(whole["examples"]))
    return Corpus(**whole)


def portions(
    file: str, options: Options, first: int = 0, size: int = BATCH, batches: Batches | None = None
) -> Iterator[tuple[dict[str, pl.DataFrame], int]]:
    """The tables of about `size` bytes of rows at a time, as `Columns.frames`, and how many bytes of the file are read.

    Examples are numbered from `first`. batches: those among all the files that are read, whose requests and answers are
    joined; without them each line stands for itself.
    """
    options = named(options, file)
    converter = Converter(options, None if file == "-" else Path(file).parent)
    for source, blocks in sources(file, options):
        blocks = flat_trees.joined(batches.joined(file, blocks) if batches else blocks)
        blocks = otlp.joined(flat_turns.joined(blocks, options.columns))
        for batch, done in _batches(blocks, converter, size):
            yield batch.frames(source, first, options.repair), done
            first += len(batch.rows)


def _batches(blocks: Iterable[Block], converter: Converter, most: int) -> Iterator[tuple[Columns, int]]:
    """Columns of some megabytes of rows each, and how many bytes of the file are read."""
    columns, done, size = Columns(), 0, 0
    for block in blocks:
        converter.add(block, columns)
        done = block.done
        size += len(block.data)
        if size >= most:
            yield columns, done
            columns, size = Columns(), 0
    yield columns, done
