"""The main job on real data: `python benchmarks/prep.py` prints one table.

Alpaca (52,002 rows, 22.8 MB), with and without the token count, and `finesift --help`; then every set below
sft/, whatever its format, which must end without a traceback and add up.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from measure import data_folder, measure

FINESIFT = [sys.executable, "-m", "finesift"]
NO_DATA_SET = {".source", ".md"}


def main() -> None:
    data = data_folder()
    print(
        f"{'':44} {'wall s':>7} {'CPU s':>7} {'peak MB':>8}   train + validation + test + aside + unreadable"
    )
    with tempfile.TemporaryDirectory() as folder:
        helped = min((measure([*FINESIFT, "--help"]) for _ in range(5)), key=lambda m: m.wall)
        print(f"{'finesift --help, best of 5':44} {helped.wall:7.2f} {helped.cpu:7.2f} {helped.peak:8.0f}")
        alpaca = data / "sft" / "alpaca_data.json"
        for options in ([], ["--no-tokens"]):
            for _ in range(3):
                report(f"alpaca {' '.join(options)}", alpaca, Path(folder) / "run", options)
        for file in sorted((data / "sft").rglob("*")):
            if file.is_file() and file.suffix not in NO_DATA_SET and file != alpaca:
                report(str(file.relative_to(data / "sft")), file, Path(folder) / "run", [])


def report(name: str, file: Path, out: Path, options: list[str]) -> None:
    done = measure([*FINESIFT, "prep", file, "-o", out, "--force", "--json", *options])
    print(f"{name:44} {done.wall:7.2f} {done.cpu:7.2f} {done.peak:8.0f}   ", end="")
    if done.code:
        print(f"exit code {done.code}")
        return
    figures = json.loads(done.output)
    fates = figures["fates"]
    assert sum(fates.values()) == figures["rows"]
    print(f"{figures['rows']} = {' + '.join(map(str, fates.values()))}")


if __name__ == "__main__":
    main()
