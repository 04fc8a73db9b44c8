"""More rows than memory holds: `finesift prep` in memory, over shards, and on Ray, on the same generated rows.

    python benchmarks/scale.py [HOW:ROWS ...] [--folder FOLDER] [--default]

HOW is memory, shards (--memory 4GB) or ray (--engine ray, a cluster of this machine, with two workers); ROWS as in 300k
or 10M. Tokens and what compares by meaning are off, unless --default says to leave the recipe as it is. Rows
are short questions and answers of made-up words, 250 bytes each; 3 in a hundred are copies and 7 are near copies of a
recent one. The run folders are compared where a size is run in several ways. CPU seconds of
Ray are those of all its processes, its own services apart.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from measure import Measured, measure

FINESIFT = [sys.executable, "-m", "finesift", "prep"]
USUAL = ["memory:300k", "shards:300k", "memory:1M", "shards:1M"]
# What --default leaves on: it costs more than the rest.
RECIPE = "[checks]\nparaphrase_duplicate = false\nsame_meaning_prompt = false\n"
HOW = {"memory": [], "shards": ["--memory", "4GB"], "ray": ["--engine", "ray", "--memory", "4GB"]}
RECENT = 20_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("cases", nargs="*", default=USUAL, metavar="HOW:ROWS")
    arguments.add_argument(
        "--folder", type=Path, help="where rows and runs are kept; by default a temporary one"
    )
    arguments.add_argument("--default", action="store_true", help="count tokens, and compare by meaning")
    asked = arguments.parse_args()
    print(
        "| how | rows | MB | wall, s | CPU, s | rows per CPU second | peak, MB | set aside | the same run |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        known: dict[int, dict[str, str]] = {}
        recipe = folder / "recipe.toml"
        recipe.write_text(RECIPE, "utf-8")
        for case in asked.cases:
            how, _, count = case.partition(":")
            if how not in HOW:
                arguments.error(f"{case}: no way {how}; there are {', '.join(HOW)}")
            rows = number(count)
            file = folder / f"{rows}.jsonl"
            if not file.exists():
                generate(rows, file)
            run = folder / f"{how}-{rows}"
            options = ["--force", "--json", "-q", *HOW[how]]
            options += [] if asked.default else ["--recipe", recipe, "--no-tokens"]
            done = measure([*FINESIFT, file, "-o", run, *options])
            print(line(how, rows, file, done, run, known), flush=True)


def line(how: str, rows: int, file: Path, done: Measured, run: Path, known: dict[int, dict[str, str]]) -> str:
    start = f"| {how} | {rows:,} | {file.stat().st_size / 1e6:,.0f} | {done.wall:.0f} | {done.cpu:.0f} "
    if done.code:
        return f"{start}| ended with {done.code} | {done.peak:,.0f} | | |"
    outputs = json.loads((run / "manifest.json").read_bytes())["outputs"]
    # Lines as they are; tables are compared by tests, since their pages are laid out otherwise.
    hashes = {name: told["sha256"] for name, told in outputs.items() if name.endswith("jsonl")}
    first = known.setdefault(rows, hashes)
    same = "" if first is hashes else "yes" if first == hashes else "NO"
    aside = outputs["set_aside.jsonl"]["rows"]
    return f"{start}| {rows / done.cpu:,.0f} | {done.peak:,.0f} | {aside:,} | {same} |"


def number(text: str) -> int:
    return int(float(text.rstrip("kM")) * {"k": 1e3, "M": 1e6}.get(text[-1], 1))


def generate(rows: int, file: Path) -> None:
    """The same rows whenever and wherever; fewer rows are the beginning of more."""
    draw = random.Random(7)
    words = [
        "".join(draw.choice("bcdfghjklmnprstvwz") + draw.choice("aeiou") for _ in range(draw.randint(1, 4)))
        for _ in range(30_000)
    ]
    recent: list[tuple[str, str]] = []
    with file.open("w", encoding="utf-8") as out:
        for _ in range(rows):
            at = draw.random()
            if recent and at < 0.03:
                row = draw.choice(recent)
            elif recent and at < 0.10:
                asked, told = draw.choice(recent)
                said = told.split()
                said[draw.randrange(len(said))] = draw.choice(words)
                row = asked, " ".join(said)
            else:
                asked, told = (
                    " ".join(draw.choices(words, k=draw.randint(*of))) for of in ((6, 16), (8, 24))
                )
                row = f"{asked.capitalize()}?", f"{told.capitalize()}."
            if len(recent) < RECENT:
                recent.append(row)
            else:
                recent[draw.randrange(RECENT)] = row
            messages = [{"role": "user", "content": row[0]}, {"role": "assistant", "content": row[1]}]
            out.write(json.dumps({"messages": messages}) + "\n")


if __name__ == "__main__":
    main()
