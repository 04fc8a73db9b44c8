"""Near-duplicates at a Jaccard similarity of 0.7 over word 5-grams: ours beside other tools, one table for each set.

    FINESIFT_DATA=../shared/data python benchmarks/near_duplicates.py [SET ...] [--tools NAME ...] [--write]

Each tool runs as a process of its own that reads the JSONL and writes the pairs it finds, all tools in turns, twice;
the figures are those of the run that took less CPU time. Each peer lives in a virtual environment of its own under
FINESIFT_PEERS (~/.cache/finesift-peers), made when it is first needed. What is right comes from exact_join.py, with
each tool's own notion of a word: letters and digits for ours, what stands between spaces for theirs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from environments import environment, version
from exact_join import exact_join
from finesift.match.texts import Texts
from measure import Measured, data_folder, measure
from near_data import SETS, build

HERE = Path(__file__).parent
LIMIT = 0.7
#: What to install for each, and what of it is the tool.
PACKAGES = {
    "gaoya": ["gaoya", "numpy", "orjson"],
    "daft": ["daft", "numpy", "orjson"],
    "rensa": ["rensa", "numpy", "orjson"],
    "datasketch": ["datasketch", "orjson"],
    "text-dedup": ["text-dedup"],
    "datatrove": ["datatrove[io,processing]", "spacy"],
    "py-data-juicer": ["py-data-juicer", "aiohttp"],
}
#: Ours a second time, with room for all candidates: for sets on which it reaches its cap.
UNCAPPED = "finesift, no cap"


@dataclass
class Tool:
    """A row of the table: its runs, the pairs of the last, or why there are none."""

    name: str
    command: list[str | Path]
    words: str = "spaces"
    runs: list[Measured] = field(default_factory=list)
    found: NDArray[np.uint32] | None = None
    failed: str = ""

    @property
    def label(self) -> str:
        return version(Path(self.command[0]), self.name) if self.name in PACKAGES else self.name


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("sets", nargs="*", default=list(SETS), metavar="SET", help=", ".join(SETS))
    arguments.add_argument(
        "--tools", nargs="*", default=list(PACKAGES), choices=list(PACKAGES), metavar="NAME"
    )
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--limit", type=float, default=600, help="seconds for one run of one tool")
    arguments.add_argument("--data", type=Path, help="where the sets are kept; by default a temporary folder")
    arguments.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    asked = arguments.parse_args()
    if unknown := set(asked.sets) - set(SETS):
        arguments.error(f"no set {', '.join(sorted(unknown))}; there are {', '.join(SETS)}")
    # No tool multiplies matrices here: the threads that NumPy's BLAS starts on import would count for every one.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.data or Path(temporary)
        for name in asked.sets:
            table = compare(apart(build, name, data_folder(), folder), asked.tools, asked.rounds, asked.limit)
            print(f"\n{table}", flush=True)
            if asked.write:
                write(name, table)


def compare(data: Path, names: list[str], rounds: int, limit: float) -> str:
    """The table for one set."""
    ours: list[str | Path] = [sys.executable, HERE / "peers/run_finesift.py", data, "OUT"]
    tools = [Tool("finesift", ours, "ours"), Tool(UNCAPPED, [*ours, "--budget", "4000000000"], "ours")]
    for name in names:
        python = environment(name, PACKAGES[name])
        tools.append(Tool(name, [python, HERE / f"peers/run_{name}.py", data, "OUT"]))
        if not python.exists():
            tools[-1].failed = "does not install"
    for _ in range(rounds):
        for tool in tools:
            if not tool.failed:
                run(tool, limit)
            if tool.name == "finesift" and not json.loads(tool.runs[-1].output)["capped"]:
                tools = [other for other in tools if other.name != UNCAPPED]
    rate = measure([*ours[:3], Path(tempfile.gettempdir(), "unused.npy"), "--rate"])
    return table(data, tools, json.loads(rate.output))


def run(tool: Tool, limit: float) -> None:
    """Adds one run; says why where there is nothing to add."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "found.npy")
        command = [out if part == "OUT" else part for part in tool.command]
        with Path(folder, "errors").open("w+") as errors:
            done = measure(command, cwd=Path(folder), limit=limit, errors=errors)
            errors.seek(0)
            last = (errors.read().strip().splitlines() or [""])[-1]
        print(
            f"{tool.name}: {done.wall:.1f} s wall, {done.cpu:.1f} s CPU, exit {done.code}",
            file=sys.stderr,
            flush=True,
        )
        if done.code and done.wall > limit:
            tool.failed = f"not done after {limit:.0f} s"
        elif done.code:
            tool.failed = f"does not run: {last[:120]}"
        else:
            tool.found = np.load(out)
            tool.runs.append(done)


def table(data: Path, tools: list[Tool], rate: dict[str, float]) -> str:
    """Markdown. Rows found: of the rows that have a true partner, the share in at least one true pair."""
    truths = {
        words: np.load(apart(truth, data, words))
        for words in {tool.words for tool in tools if tool.found is not None}
    }
    lines = [
        "| | wall, s | CPU, s | peak, MB | pairs | precision | recall | rows found |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for tool in tools:
        if tool.failed:
            lines.append(f"| {tool.label} | {tool.failed} | | | | | | |")
            continue
        best = min(tool.runs, key=lambda done: done.cpu)
        cells = [tool.label, f"{best.wall:.2f}", f"{best.cpu:.2f}", f"{best.peak:,.0f}"]
        assert tool.found is not None
        if tool.found.ndim == 2:
            keys = tool.found[:, 0].astype(np.uint64) << np.uint64(32) | tool.found[:, 1].astype(np.uint64)
            right = np.intersect1d(keys, truths[tool.words], assume_unique=True)
            precision, recall = len(right) / max(1, len(keys)), len(right) / max(1, len(truths[tool.words]))
            found = len(members(right)) / max(1, len(members(truths[tool.words])))
            cells += [f"{len(keys):,}", f"{precision:.4f}", f"{recall:.4f}", f"{found:.4f}"]
        else:
            cells += ["gives none", "", "", ""]
        lines.append(f"| {' | '.join(cells)} |")
    with data.open("rb") as file:
        rows = sum(1 for _ in file)
    pairs = " and ".join(
        f"{len(keys):,} ({'letters and digits' if words == 'ours' else 'between spaces'})"
        for words, keys in sorted(truths.items())
    )
    fast = rate["bytes"] / rate["seconds"] / 1e6
    return "\n".join(
        [
            f"`{data.stem}`: {rows:,} rows, {rate['bytes'] / 1e6:.0f} MB of text; pairs by the exact join: {pairs}. "
            f"Our matching alone, text in memory, on {os.cpu_count()} processors: {fast:,.0f} MB/s "
            f"({rate['seconds']:.2f} s, the quietest of three).",
            "",
            *lines,
        ]
    )


def members(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return np.unique(np.concatenate([keys >> np.uint64(32), keys & np.uint64(0xFFFFFFFF)]))


def apart(function: Callable[..., Path], *arguments: Any) -> Path:
    """The result of a function run in a process of its own.

    A process begins with the peak memory of the one that starts it, so that one must stay small.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def truth(data: Path, words: str) -> Path:
    """The file with the pairs of the exact join, beside the set."""
    path = data.with_suffix(f".{words}.npy")
    if not path.exists():
        with data.open("rb") as file:
            rows = [orjson.loads(line)["text"] for line in file]
        if words == "spaces":
            # As numbers, so that our kernels take for a word what stands between two spaces.
            numbers: dict[str, str] = {}
            rows = [
                " ".join([numbers.setdefault(word, str(len(numbers))) for word in row.lower().split()])
                for row in rows
            ]
        np.save(path, exact_join(Texts.of(pl.Series(rows, dtype=pl.String)), LIMIT))
    return path


def write(name: str, table: str) -> None:
    """Replaces the set's marked section of README.md."""
    path = HERE / "README.md"
    begin, end = f"<!-- near_duplicates {name} -->\n", "<!-- end -->"
    text = path.read_text("utf-8")
    if begin not in text:
        raise SystemExit(f"{path} has no section {begin.strip()}")
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    path.write_text(re.sub(pattern, lambda _: f"{begin}{table}\n{end}", text, count=1, flags=re.S), "utf-8")


if __name__ == "__main__":
    main()
