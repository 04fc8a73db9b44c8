"""How matching grows with the rows: seconds and peak memory, one process for each line of the table.

    FINESIFT_DATA=../shared/data python benchmarks/scaling.py [CASE ...] [--folder FOLDER] [--write]

Cases: 10k, 100k, 1M, 5M (conversations of 50 to 350 words, 1.25 GB a million), chat-1M, chat-10M (messages of 5 to 20
words), copies (one row 100,000 times), template (one passage filled 200,000 times). One row in ten is a near copy of
another. The text lies in an Arrow file that is mapped into memory, so what of it is resident counts as memory but can
be taken back by the system at any time; it is shown apart.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from measure import data_folder, measure
from near_data import sentences

HERE = Path(__file__).parent
CASES = {
    "10k": (10_000, 50, 350),
    "100k": (100_000, 50, 350),
    "1M": (1_000_000, 50, 350),
    "5M": (5_000_000, 50, 350),
    "chat-1M": (1_000_000, 5, 20),
    "chat-10M": (10_000_000, 5, 20),
    "copies": (100_000, 200, 200),
    "template": (200_000, 100, 100),
}
#: Those that are run unless others are named.
USUAL = ["10k", "100k", "1M", "chat-1M", "copies", "template"]
PORTION = 50_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("cases", nargs="*", default=USUAL, metavar="CASE", help=", ".join(CASES))
    arguments.add_argument(
        "--folder", type=Path, help="where the text is kept; by default a temporary folder"
    )
    arguments.add_argument("--write", action="store_true", help="put the lines into benchmarks/README.md")
    arguments.add_argument("--match", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.build:
        build(asked.cases[0], asked.build)
        return
    if asked.match:
        print(json.dumps(match(asked.match)))
        return
    if unknown := set(asked.cases) - set(CASES):
        arguments.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    print(
        "| | rows | text, MB | wall, s | CPU, s | peak, MB | of it mapped text | pairs | candidates | capped |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as temporary:
        for case in asked.cases:
            path = (asked.folder or Path(temporary)) / f"{case}.arrow"
            if not path.exists():
                # In a process of its own: one begins with the peak memory of the one that starts it.
                subprocess.run([sys.executable, __file__, case, "--build", path], check=True)
            done = measure([sys.executable, __file__, "--match", path])
            if done.code:
                line = f"| {case} | ended with {done.code} after {done.wall:.0f} s | | | | | | | | |"
            else:
                told = json.loads(done.output)
                line = (
                    f"| {case} | {told['rows']:,} | {told['bytes'] / 1e6:,.0f} | {done.wall:.1f} | {done.cpu:.1f} "
                    f"| {done.peak:,.0f} | {told['mapped'] / 1e6:,.0f} | {told['pairs']:,} | {told['candidates']:,} "
                    f"| {told['capped']:,} |"
                )
            print(line, flush=True)
            if asked.write:
                write(case, line)
            if not asked.folder:
                path.unlink()


def match(path: Path) -> dict[str, int]:
    """The process that is measured."""
    from finesift.match.near import near_pairs
    from finesift.match.texts import Texts

    with pa.memory_map(str(path)) as source:
        column = pa.ipc.open_file(source).read_all()["text"]
        # One record batch, so that the column is one array as it lies in the file.
        texts = Texts.from_arrow(column.chunk(0))
        pairs = near_pairs(texts, floor=0.7)
        mapped = 0
        if sys.platform == "linux":
            mapped = int(re.search(r"RssFile:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
        return {
            "rows": len(texts),
            "bytes": int((texts.ends - texts.starts).sum()),
            "pairs": len(pairs),
            "candidates": pairs.candidates,
            "capped": pairs.capped,
            "mapped": mapped,
        }


def build(case: str, path: Path) -> None:
    """Writes the case's Arrow file: one column in one record batch."""
    schema = pa.schema([("text", pa.large_string())])
    path.parent.mkdir(parents=True, exist_ok=True)
    column = pa.concat_arrays([pa.array(rows, pa.large_string()) for rows in portions(case)])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(pa.record_batch([column], schema=schema))


def portions(case: str) -> Iterator[list[str]]:
    count, least, most = CASES[case]
    draw = random.Random(count)
    pool = [text.split() for text in sentences(data_folder())]
    vocabulary = sorted({word for words in pool[:20_000] for word in words if word.isalpha()})

    def passage() -> list[str]:
        words: list[str] = []
        size = draw.randint(least, most)
        while len(words) < size:
            words += pool[int(draw.random() * len(pool))]
        return words[:size]

    fixed = passage()
    places = draw.sample(range(len(fixed)), 2)
    for first in range(0, count, PORTION):
        rows: list[str] = []
        for _ in range(min(PORTION, count - first)):
            if case == "copies":
                words = fixed
            elif case == "template":
                words = list(fixed)
                for place in places:
                    words[place] = f"{draw.choice(vocabulary)}{draw.randrange(1000)}"
            elif rows and draw.random() < 0.1:
                words = rows[int(draw.random() * len(rows))].split()
                words[draw.randrange(len(words))] = draw.choice(vocabulary)
            else:
                words = passage()
            rows.append(" ".join(words))
        yield rows


def write(case: str, line: str) -> None:
    """Replaces the case's line in README.md."""
    path = HERE / "README.md"
    text, found = re.subn(rf"^\| {case} \|.*$", lambda _: line, path.read_text("utf-8"), count=1, flags=re.M)
    if not found:
        raise SystemExit(f"{path} has no line that begins with | {case} |")
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
