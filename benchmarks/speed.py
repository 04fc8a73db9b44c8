"""The main job, stage by stage, beside another build of this project: `python benchmarks/speed.py --against REF`.

Four sets: Alpaca with and without tokens, long chats made by joining conversations, Alpaca ten times over with its
words in another order (520,020 rows, without tokens), and tool calls with Qwen3's tokenizer. Each run is a process of
its own; builds take turns, and the medians of `--rounds` runs are printed: wall and CPU seconds, peak memory, and the
seconds of each stage as the run's manifest has them. A set that is absent is named and left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from environments import PEERS, environment
from measure import data_folder, measure

ROOT = Path(__file__).parents[1]
# name: how it is made, and the options of `finesift prep`; {data} is the folder of the real data.
SETS: dict[str, list[str]] = {
    "alpaca": ["--no-tokens"],
    "alpaca, tokens": [],
    "long chats": ["--no-tokens"],
    "520,020 rows": ["--no-tokens"],
    "tool calls, Qwen3": ["--tokenizer", "{data}/tokenizer_files/qwen3"],
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--against", metavar="REF", help="a commit to build and to run in turn")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--megabytes", type=int, default=100, help="of long chats")
    asked.add_argument("--only", metavar="SET", nargs="*", help=f"of {', '.join(SETS)}")
    options = asked.parse_args()
    data = data_folder()
    builds = {"this build": [sys.executable, "-m", "finesift"]}
    if options.against:
        # -E: a PYTHONPATH that leads to this checkout must not stand in for it.
        builds[options.against] = [str(build(options.against)), "-E", "-m", "finesift"]
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only or SETS:
            file = made(name, data, Path(folder), options.megabytes)
            if file is None or not file.exists():
                print(f"{name}: its data is absent")
                continue
            flags = [flag.format(data=data) for flag in SETS[name]]
            compare(name, file, flags, builds, Path(folder), options.rounds)


def build(ref: str) -> Path:
    """The interpreter of an environment in which that commit is installed; made when first needed."""
    commit = subprocess.check_output(["git", "-C", ROOT, "rev-parse", "--short", ref], text=True).strip()
    python = PEERS / f"finesift-{commit}" / "bin/python"
    if python.exists():
        return python
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "-C", ROOT, "archive", "--format=tar", commit], capture_output=True, check=True
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        return environment(f"finesift-{commit}", [folder])


def compare(
    name: str, file: Path, flags: list[str], builds: dict[str, list[str]], folder: Path, rounds: int
) -> None:
    seen: dict[str, list[tuple[float, float, float, dict[str, float]]]] = {build: [] for build in builds}
    for _ in range(rounds):
        for build, command in builds.items():
            out = folder / "run"
            shutil.rmtree(out, ignore_errors=True)
            # In a folder of its own: a checkout must not stand in for the build that is installed.
            done = measure([*command, "prep", file, "-o", out, "-q", *flags], cwd=folder)
            if done.code:
                print(f"{name}, {build}: exit code {done.code}")
                return
            stages = json.loads((out / "manifest.json").read_bytes())["seconds"]
            seen[build].append((done.wall, done.cpu, done.peak, stages))
    first: tuple[float, float] | None = None
    for build, runs in seen.items():
        wall, cpu, peak = (statistics.median(run[number] for run in runs) for number in range(3))
        stages = {
            stage: statistics.median(run[3].get(stage, 0.0) for run in runs)
            for stage in dict.fromkeys(itertools.chain.from_iterable(run[3] for run in runs))
        }
        ratio = (
            ""
            if first is None
            else f"; this one takes {first[0] / wall:.2f} of it, {first[1] / cpu:.2f} of its CPU"
        )
        first = first or (wall, cpu)
        print(f"{name}, {build}: {wall:.2f} s, {cpu:.2f} CPU s, {peak:,.0f} MB{ratio}")
        print("    " + ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in stages.items()))


def made(name: str, data: Path, folder: Path, megabytes: int) -> Path | None:
    """The file of a set, made where it is not one of the data's own."""
    alpaca = data / "sft/alpaca_data.json"
    if name.startswith("alpaca"):
        return alpaca
    if name.startswith("tool"):
        return next(iter(sorted((data / "sft").rglob("*glaive*toolcall*en*.json"))), None)
    if not alpaca.exists():
        return None
    file = folder / f"{name.replace(',', '').replace(' ', '_')}.jsonl"
    rows = json.loads(alpaca.read_bytes())
    lines = long_chats(rows, megabytes) if name == "long chats" else reworded(rows)
    with file.open("w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in lines)
    return file


def long_chats(rows: list[dict[str, str]], megabytes: int) -> Iterator[str]:
    """Conversations of 16 to 60 questions and answers, until there are so many megabytes."""
    draw, size = random.Random(5), 0
    while size < megabytes * 1_000_000:
        messages = []
        for row in draw.choices(rows, k=draw.randint(16, 60)):
            messages.append({"role": "user", "content": f"{row['instruction']}\n{row['input']}".strip()})
            messages.append({"role": "assistant", "content": row["output"]})
        line = json.dumps({"messages": messages}, ensure_ascii=False)
        size += len(line)
        yield line


def reworded(rows: list[dict[str, str]]) -> Iterator[str]:
    """Ten rows of each: its words in another order, so that few are alike and lengths are Alpaca's."""
    for copy in range(10):
        draw = random.Random(copy)
        for row in rows:
            texts = [row[field].split(" ") for field in ("instruction", "input", "output")]
            if copy:
                for words in texts:
                    draw.shuffle(words)
            instruction, given, output = (" ".join(words) for words in texts)
            yield json.dumps(
                {"instruction": instruction, "input": given, "output": output}, ensure_ascii=False
            )


if __name__ == "__main__":
    main()
