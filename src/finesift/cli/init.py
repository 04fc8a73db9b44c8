"""`finesift init`: a recipe from what a folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finesift.cli.program import app
from finesift.errors import UsageError


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where the data lies; default: here.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace a recipe that is there.")] = False,
) -> None:
    """Write a commented recipe.toml from what a folder holds, and say what to do next. Asks nothing.

    Example:  finesift init
    """
    from finesift.beginning import survey
    from finesift.report.places import shown

    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no folder.", hint="Name the one that holds the data:  finesift init raw"
        )
    file = folder / "recipe.toml"
    if file.exists() and not force:
        raise UsageError(f"{file} is there already.", hint="Replace it with --force, or work with it.")
    found = survey(folder)
    if not found.train:
        raise UsageError(
            f"no file of rows was found in {folder}.",
            hint="JSONL, JSON, CSV, TSV, Parquet and Arrow are looked for, .gz and .zst as well.",
        )
    file.write_text(found.to_toml(), "utf-8")
    files = "1 file" if len(found.train) == 1 else f"{len(found.train):,} files"
    print(f"{file}: {files} to train on")
    for one in found.train:
        print(f"  {shown(one.name)}  {shown(one.said)}")
    for one in found.held_out:
        print(f"  {shown(one.name)}  kept out of training, by its name: {shown(one.said)}")
    if found.roles:
        print(f"  roles to look at: {', '.join(shown(name) for name in found.roles)}")
    print(f"  tokenizer: {found.tokenizers[0] if found.tokenizers else 'SmolLM2, which is packaged'}")
    print(f"Next:  finesift inspect --recipe {file}")
    print(f"Then:  finesift prep --recipe {file} -o run")
