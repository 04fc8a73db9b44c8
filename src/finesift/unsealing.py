"""The test set, opened: on record, once, at the end."""

from __future__ import annotations

import getpass
from pathlib import Path

import orjson
import zstandard

from finesift.errors import RunError, UsageError
from finesift.outputs import Files, pretty, put
from finesift.run import MANIFEST, SEALED, UNSEALED, Run, sha256
from finesift.split import seal
from finesift.write.kinds import file_of, files_of, kind_of
from finesift.writing import reports


def unseal(run: Run, *, why: str, who: str | None = None) -> list[Path]:
    """Writes the test set out, a file for each kind of rows, and puts the opening on record, in the report too.

    Raises UsageError without a reason, RunError where the seal is already broken.
    """
    if not why.strip():
        raise UsageError(
            "the seal is opened only for a reason.", hint='Give one:  --why "final evaluation of v3"'
        )
    manifest = run.manifest
    sealed = manifest["outputs"][SEALED]["sha256"]
    if sha256(run.path / SEALED) != sealed:
        raise RunError(f"{run.path / SEALED} is not what was sealed.", hint="`finesift verify` says more.")
    record = seal.openings(run.path)
    if fault := seal.broken(record, sealed, manifest.get("opened")):
        raise RunError(f"{run.path / seal.RECORD}: {fault}.", hint="`finesift verify` says more.")
    record.append(seal.next_opening(record, sealed, who=who or getpass.getuser(), why=why))

    # The record goes first: killed in between, it knows of an opening that gave nothing away.
    files = Files(run.path, written=manifest["outputs"])
    put(run.path / seal.RECORD, b"".join(opening.line + b"\n" for opening in record))
    manifest = {**manifest, "opened": record[-1].hash, "openings": len(record)}
    reports(files, manifest, run.path.name)
    put(run.path / MANIFEST, pretty(manifest))
    rows = zstandard.ZstdDecompressor().stream_reader((run.path / SEALED).read_bytes()).read()
    by_file: dict[str, list[bytes]] = {}
    for line in rows.splitlines(keepends=True):
        by_file.setdefault(file_of("test", kind_of(orjson.loads(line))), []).append(line)
    opened = files_of("test", by_file) or [UNSEALED]
    for name in opened:
        put(run.path / name, b"".join(by_file.get(name, ())))
    return [run.path / name for name in opened]
