"""Reads one clean chat file with Finesift and with its peers, each in a process of its own.

    python benchmarks/reading.py [--megabytes 500] [--peers PYTHON]
    python benchmarks/reading.py --before CHECKOUT [--megabytes 100]

With --before, this checkout and another, whose kernels are built, read the same files side by side, in turns: chats as
lines, Alpaca's array and an array as ShareGPT writes it, each repeated to the size that is named.

The file is made in a temporary folder from the LIMA conversations of the real data, repeated with an id each.
Peers run in the interpreter PYTHON, which has to have polars and datasets; by default in this one, where those
that are missing are left out. Every process is given one thread. Peak memory is of the whole process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
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
ROUNDS = 3
# The first reading loads what reading needs; the second is timed.
TIMED = """import sys, time
from finesift.read import read
read([sys.argv[1]])
begun = time.process_time()
read([sys.argv[1]])
print(time.process_time() - begun)
"""
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


def array_files(folder: Path, size: int) -> dict[str, Path]:
    """JSON arrays of at least `size` bytes: Alpaca's as published, again and again, and LIMA's chats as ShareGPT."""
    from finesift.read import read

    alpaca = (data_folder() / "sft" / "alpaca_data.json").read_bytes().strip()
    rows = alpaca.removeprefix(b"[").removesuffix(b"]")
    files = {"Alpaca, an array": folder / "alpaca.json", "ShareGPT, an array": folder / "sharegpt.json"}
    files["Alpaca, an array"].write_bytes(b"[%b]" % b",".join([rows] * (size // len(rows) + 1)))
    turns = read([data_folder() / "sft" / "lima"]).turns
    who = {"user": "human", "assistant": "gpt", "system": "system"}
    chats = [
        [{"from": who[role], "value": text} for role, text in zip(roles, texts, strict=True)]
        for _, roles, texts in turns.group_by("example", maintain_order=True)
        .agg("role", "content")
        .iter_rows()
    ]
    with files["ShareGPT, an array"].open("wb") as file:
        file.write(b"[")
        for number in count():
            if file.tell() >= size:
                break
            row = {"id": f"row-{number}", "conversations": chats[number % len(chats)]}
            file.write((b",\n" if number else b"") + orjson.dumps(row, option=orjson.OPT_INDENT_2))
        file.write(b"]")
    return files


def side_by_side(before: Path, folder: Path, size: int) -> None:
    """CPU seconds of reading with the other checkout and with this one, the least of several, imports left out."""
    files = {"chats, lines": folder / "chat.jsonl", **array_files(folder, size)}
    chat_file(files["chats, lines"], size)
    here = Path(__file__).parents[1]
    print(f"{'CPU s, imports left out':26}{'MB':>6}{'before':>9}{'now':>9}{'ratio':>8}")
    for name, path in files.items():
        least = {before: float("inf"), here: float("inf")}
        for _ in range(ROUNDS):
            for checkout in least:
                environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
                command = [sys.executable, "-c", TIMED, str(path)]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                least[checkout] = min(least[checkout], float(done.stdout))
        ratio = least[before] / least[here]
        print(f"{name:26}{path.stat().st_size / 1e6:6.0f}{least[before]:9.2f}{least[here]:9.2f}{ratio:8.2f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--megabytes", type=int, default=500)
    arguments.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    arguments.add_argument("--before", type=Path, metavar="CHECKOUT")
    given = arguments.parse_args()
    os.environ.update(ONE_THREAD)
    with tempfile.TemporaryDirectory() as folder:
        if given.before:
            side_by_side(given.before.resolve(), Path(folder), given.megabytes * 1_000_000)
            return
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
