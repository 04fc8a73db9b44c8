"""Reads one clean chat file with Finesift and with its peers, each in a process of its own.

    python benchmarks/reading.py [--megabytes 500] [--peers PYTHON]

The file is made in a temporary folder from the LIMA conversations of the real data, repeated with an id each.
Peers run in the interpreter PYTHON, which has to have polars and datasets; by default in this one, where those
that are missing are left out. Every process is given one thread. Peak memory is of the whole process.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from itertools import count
from pathlib import Path

import orjson

from measure import data_folder, measure

READERS = {
    "orjson, each line alone": "import orjson\nfor line in open(path, 'rb'): orjson.loads(line)",
    "finesift": "from finesift.read import read\nread([path])",
    "polars.read_ndjson": "import polars\npolars.read_ndjson(path)",
    "datasets, json": "import datasets, tempfile\n"
    "with tempfile.TemporaryDirectory() as cache:\n"
    "    datasets.load_dataset('json', data_files=path, cache_dir=cache)",
}
ONE_THREAD = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "ARROW_NUM_THREADS"), "1")


def chat_file(path: Path, size: int) -> None:
    """JSON lines of at least `size` bytes: {"id", "messages": [{"role", "content"}, …]}."""
    from finesift.read import read

    turns = read([data_folder() / "sft" / "lima"]).turns
    chats = [
        [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
        for _, roles, texts in turns.group_by("example", maintain_order=True)
        .agg("role", "content")
        .iter_rows()
    ]
    with path.open("wb") as file:
        for number in count():
            if file.tell() >= size:
                return
            chat = {"id": f"row-{number}", "messages": chats[number % len(chats)]}
            file.write(orjson.dumps(chat) + b"\n")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--megabytes", type=int, default=500)
    arguments.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    given = arguments.parse_args()
    os.environ.update(ONE_THREAD)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.jsonl"
        chat_file(path, given.megabytes * 1_000_000)
        size = path.stat().st_size / 1e6
        print(
            f"{size:,.0f} MB; imports included\n\n{'':26}{'MB/CPU s':>9}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}"
        )
        for name, code in READERS.items():
            python = sys.executable if name == "finesift" else given.peers
            done = measure([python, "-c", f"path = {str(path)!r}\n{code}"])
            if done.code:
                print(f"{name:26} did not run")
                continue
            print(f"{name:26}{size / done.cpu:9.0f}{done.cpu:8.2f}{done.wall:8.2f}{done.peak:9.0f}")


if __name__ == "__main__":
    main()
