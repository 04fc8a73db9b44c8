"""A run written for a target: its files, the smallest configuration, and what was left out, with why."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from finesift.errors import ModelError, UsageError
from finesift.export.layouts import json_line
from finesift.export.rendered import TEMPLATE, Rendering
from finesift.export.rows import Record, Source
from finesift.export.target import Setting, Target, targets
from finesift.run import Run

LEFT_OUT = "not_exported.jsonl"
SPLITS = ("train", "validation")
#: Tokens of a sequence in a configuration, where none were counted.
UNKNOWN = 4_096


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


@dataclass
class _Sorted:
    """Rows as records by split, and those that stay behind."""

    records: dict[str, list[Record]]
    left: list[Record]
    reasons: Counter[str]
    longest: int = 0


def export(run: Run, target: Target, out: Path, *, force: bool = False) -> Export:
    """Writes train and validation for a target; the sealed test set stays where it is.

    Raises UsageError where `out` is in the way, the run has not what the target needs, or the target can take none of
    the training rows: nothing is written.
    """
    if out.exists() and any(out.iterdir()) and not force:
        raise UsageError(
            f"{out} is not empty.", hint="Choose another folder with -o, or write into it with --force."
        )
    source = Source(run)
    if target.tokens and source.tokenizer is None:
        raise UsageError(
            f"{run.path} was made without counting tokens, and {target.name} is given tokens.",
            hint="Make the run without --no-tokens, with the --tokenizer of the model.",
        )
    found = _sort(source, target)
    names = dict(zip(SPLITS, target.names, strict=True))
    if not found.records["train"]:
        told = (
            "; ".join(f"{rows:,} rows: {why}" for why, rows in found.reasons.most_common(3))
            or "it has no training rows"
        )
        raise UsageError(
            f"nothing of {run.path} can be written for {target.name}: {told}.", hint=_instead(found.reasons)
        )
    # Of a split without rows there is no file: mlx-lm stops at an empty one, others read a table without columns.
    names = {split: name for split, name in names.items() if found.records[split]}
    budget = source.recipe.model.max_tokens
    length = max(budget or 0, found.longest) or UNKNOWN
    config = target.config(Setting(source, names, length, target.tokens))
    out.mkdir(parents=True, exist_ok=True)
    for split, name in names.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        target.write(out / name, found.records[split])
    for name, text in config.items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(text, "utf-8")
    if found.left:
        (out / LEFT_OUT).write_bytes(b"".join(json_line(line) + b"\n" for line in found.left))
    files = [*names.values(), *config, *([LEFT_OUT] if found.left else [])]
    written = {name: len(found.records[split]) for split, name in names.items()}
    warnings = _warnings(target, source, out, names, written)
    return Export(target.name, written, dict(found.reasons.most_common()), files, warnings)


def _sort(source: Source, target: Target) -> _Sorted:
    found = _Sorted({split: [] for split in SPLITS}, [], Counter())
    rendering = _rendering(source, target) if target.rendered else None
    proved = target.masked or target.tokens
    for split in SPLITS:
        for row, raw in source.rows(split, proved=proved):
            why = target.refuses(row)
            if why is None and proved and not row.proofs and source.tokenizer is not None:
                why = "it cannot be read again, so nothing of it is proved"
            record = target.record(row) if why is None else {}
            if why is None and rendering is not None:
                why = rendering.differs(record, row.proofs)
            if why is None:
                found.records[split].append(record)
                found.longest = max(found.longest, row.longest)
            else:
                found.reasons[why] += 1
                found.left.append({"id": row.id, "split": split, "why": why, "row": orjson.Fragment(raw)})
    return found


def _rendering(source: Source, target: Target) -> Rendering | None:
    """How the target will render messages; None where no tokens were counted. Raises UsageError where the template
    cannot say what is trained."""
    if source.tokenizer is None or target.rendered is None:
        return None
    try:
        return target.rendered.by(source)
    except ModelError as e:
        raise UsageError(
            f"{target.name} trains what a template marks, and here none can: {e}",
            hint=f"--for {target.name}-tokens gives it what is proved."
            if f"{target.name}-tokens" in targets()
            else None,
        ) from e


def _warnings(
    target: Target, source: Source, out: Path, names: dict[str, str], written: dict[str, int]
) -> list[str]:
    rows = written[names["train"]]
    found = [said for said in (target.note, target.warns(source), _otherwise(target, source)) if said]
    if rows < target.least:
        found.append(f"{rows:,} training rows: {target.name} trains from {target.least} on")
    for name in names.values():
        size = (out / name).stat().st_size
        if target.most and size > target.most:
            found.append(f"{name} has {size / 1e6:,.0f} MB: {target.name} takes {target.most / 1e6:,.0f} MB")
    return found


def _otherwise(target: Target, source: Source) -> str | None:
    """What the recipe leaves out of the loss, and messages do not say; or that nothing of them is proved."""
    if target.tokens or "text" in target.kinds:
        return None
    if target.rendered and source.tokenizer is None:
        return (
            f"the run counted no tokens, so nothing of what {target.name} trains is proved, and {TEMPLATE} is missing: "
            "make the run with the --tokenizer of the model"
        )
    return (
        None
        if source.recipe.model.train_reasoning or target.rendered
        else (f"the recipe trains no reasoning; {target.name} may")
    )


def _instead(reasons: Counter[str]) -> str:
    return (
        "`finesift export --list` says what each target carries." if reasons else "Look at the run's report."
    )
