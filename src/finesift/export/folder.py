"""A run written for a target: its files, the smallest configuration, and what was left out, with why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from finesift.errors import UsageError
from finesift.export.target import Row, Target
from finesift.run import Run
from finesift.write.kinds import kind_of
from finesift.write.media import has_media

LEFT_OUT = "not_exported.jsonl"


@dataclass(frozen=True)
class Export:
    """written: rows by file. left_out: rows by reason; each stands in not_exported.jsonl, with its reason and split."""

    target: str
    written: dict[str, int]
    left_out: dict[str, int]
    files: list[str]
    warnings: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def export(run: Run, target: Target, out: Path, *, force: bool = False) -> Export:
    """Writes train and validation for a target; the sealed test set stays where it is.

    Raises UsageError where `out` is in the way, or the target can take none of the training rows: nothing is written.
    """
    if out.exists() and any(out.iterdir()) and not force:
        raise UsageError(
            f"{out} is not empty.", hint="Choose another folder with -o, or write into it with --force."
        )
    lines: dict[str, list[bytes]] = {}
    left: list[bytes] = []
    reasons: Counter[str] = Counter()
    for split, name in zip(("train", "validation"), target.names, strict=True):
        lines[name] = []
        for row, raw in _rows(run, split):
            why = target.refuses(row)
            if why is None:
                lines[name].append(orjson.dumps(target.record(row)))
            else:
                reasons[why] += 1
                left.append(
                    orjson.dumps({"id": row.id, "split": split, "why": why, "row": orjson.Fragment(raw)})
                )
    written = {name: len(of) for name, of in lines.items()}
    if not written[target.names[0]]:
        told = (
            "; ".join(f"{rows:,} rows: {why}" for why, rows in reasons.most_common(3))
            or "it has no training rows"
        )
        raise UsageError(
            f"nothing of {run.path} can be written for {target.name}: {told}.", hint=_instead(reasons)
        )
    out.mkdir(parents=True, exist_ok=True)
    for name, of in lines.items():
        (out / name).write_bytes(b"".join(line + b"\n" for line in of))
    config = target.config(dict(zip(("train", "validation"), target.names, strict=True)))
    for name, text in config.items():
        (out / name).write_text(text, "utf-8")
    if left:
        (out / LEFT_OUT).write_bytes(b"".join(line + b"\n" for line in left))
    files = [*lines, *config, *([LEFT_OUT] if left else [])]
    return Export(target.name, written, dict(reasons.most_common()), files, _warnings(target, written))


def _rows(run: Run, split: str) -> Iterator[tuple[Row, bytes]]:
    for file in run.files(split):
        for line in file.read_bytes().split(b"\n"):
            if line:
                yield row_of(line), line


def row_of(line: bytes) -> Row:
    """A line of train.jsonl and its like."""
    raw = orjson.loads(line)
    kind, media = kind_of(raw), has_media(raw)
    if kind == "preference":
        return Row(
            raw["id"],
            kind,
            raw.get("prompt", []),
            raw.get("tools", []),
            raw["chosen"],
            raw["rejected"],
            media=media,
        )
    if kind == "text":
        return Row(raw["id"], kind, [], [], text=raw["text"])
    messages = raw["messages"] if "messages" in raw else raw.get("prompt", []) + raw.get("completion", [])
    return Row(raw["id"], kind, messages, raw.get("tools", []), label=raw.get("label"), media=media)


def _warnings(target: Target, written: dict[str, int]) -> list[str]:
    rows = written[target.names[0]]
    found = [target.note] if target.note else []
    if rows < target.least:
        found.append(f"{rows:,} training rows: {target.name} trains from {target.least} on")
    return found


def _instead(reasons: Counter[str]) -> str:
    return (
        "`finesift export --list` says what each target carries." if reasons else "Look at the run's report."
    )
