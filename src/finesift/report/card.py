"""The data set card: README.md of the run folder, as the Hugging Face hub reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from finesift.report.markdown import answer, escaped, opened, split_sentence
from finesift.report.redacted import redacted
from finesift.report.reviewed import reviewed
from finesift.report.summary import Summary
from finesift.report.verdict import Verdict
from finesift.report.words import percent
from finesift.write.kinds import KINDS, file_of

# The hub's steps: each is named by the powers of ten that it lies between.
_STEPS = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
# Checks named as the reasons for which most rows were set aside.
_REASONS = 5


def card(
    figures: Summary, about: Mapping[str, Any], name: str, *, published: Sequence[str] | None = None
) -> str:
    """Metadata that `datasets.load_dataset` understands, what was done, and what is known to be wrong.

    about: the manifest. published: the splits that go to the hub under that name, without the rest of the run; None:
    the card of the run folder.
    """
    fates = figures.fates
    splits = ("train", "validation") if published is None else published
    sealed = (
        "are in the split `test`, to be used once, at the end. "
        if "test" in splits
        else "are sealed in `sealed/`, to be used once, at the end. "
        if published is None
        else "are sealed, and are not here. "
    )
    place = "path/to/this/folder" if published is None else name
    parts = [
        f"---\n{_metadata(figures, about, splits)}---",
        f"# {escaped(name)}",
        f"{fates['train']:,} training rows and {fates['validation']:,} validation rows, prepared with Finesift "
        f"{about['finesift']}. {fates['test']:,} test rows {sealed}" + opened(about),
        f'```python\nimport datasets\n\ndata = datasets.load_dataset("{place}")\n```',
        "## May it be trained on?",
        *answer(Verdict.from_dict(about["verdict"]).at(name)),
        "## What was done",
        "\n".join(f"- {said}" for said in _done(figures, about)),
        "## Known limits",
        "\n".join(f"- {said}" for said in _limits(figures, about)),
    ]
    if published is None:
        parts.append(
            "`report.md` says what was read and where every row went; `set_aside.jsonl` holds each row that is not in "
            "the splits, with the reason; `manifest.json` has the settings and hashes to repeat it."
        )
    return "\n\n".join(parts) + "\n"


def _metadata(figures: Summary, about: Mapping[str, Any], given: Sequence[str]) -> str:
    """YAML. A string is written as in JSON, of which YAML is a superset."""
    splits = [split for split in given if figures.fates[split]]
    lines = []
    if licence := about["recipe"]["data"].get("licence"):
        lines.append(f"license: {json.dumps(licence)}")
    rows = {name: output.get("rows") for name, output in about["outputs"].items()}
    held = {kind: [split for split in splits if rows.get(file_of(split, kind))] for kind in KINDS}
    held = {kind: of for kind, of in held.items() if of}
    lines += ["configs:"] if held else []
    for kind, of in held.items():
        name = "default" if kind == KINDS[0] or len(held) == 1 else kind
        lines += [f"- config_name: {name}", "  data_files:"]
        lines += [f"  - split: {split}\n    path: {file_of(split, kind)}" for split in of]
    lines += ["size_categories:", f"- {size_category(sum(figures.fates[split] for split in splits))}"]
    return "\n".join([*lines, "tags:", "- finesift"]) + "\n"


def _done(figures: Summary, about: Mapping[str, Any]) -> Iterator[str]:
    fates = figures.fates
    yield (
        f"{figures.rows:,} rows were read from {_count(len(figures.sources), 'file')}. {fates['unreadable']:,} could "
        f"not be read, and {fates['set_aside']:,} are set aside; the rest is in the splits."
    )
    reasons = [f"{check.check} {check.set_aside:,}" for check in figures.checks if check.set_aside]
    if reasons:
        more = " and other checks" if len(reasons) > _REASONS else ""
        yield f"Rows set aside, by the check that decided: {', '.join(reasons[:_REASONS])}{more}."
    if masks := figures.masks:
        share = percent(masks.trained / masks.tokens if masks.tokens else 0)
        yield (
            f"Every conversation was rendered with the chat template of {escaped(str(figures.trained_with))} (budget: "
            f"{figures.max_tokens:,} tokens). {masks.trained:,} of {masks.tokens:,} tokens ({share}) are trained; "
            f"the loss mask of {masks.proved:,} of {masks.conversations:,} conversations is proved."
        )
    for held in figures.held_out:
        rows = ", ".join(f"{check} {found:,}" for check, found in held.rows.items()) or "none"
        yield (
            f"Compared with the {_count(held.items, 'item')} of {escaped(held.name)}. Rows that hold one, by check: "
            f"{rows}; set aside: {held.set_aside:,}."
        )
    yield from redacted(about)
    yield from (escaped(said) for said in reviewed(about))
    if figures.split:
        yield (
            f"Relatives stay on one side of the split (seed {about['recipe']['split']['seed']}): "
            + split_sentence(figures, figures.split)
        )


def _limits(figures: Summary, about: Mapping[str, Any]) -> Iterator[str]:
    """Only what the figures show, and what no check looks at."""
    yield "Whether an answer is true, useful or safe was not judged: the checks look at form, copies and known marks."
    if "licence" not in about["recipe"]["data"]:
        yield "The recipe gives no licence; who passes the data on has to find out."
    if said := figures.review_sentence():
        yield f"Nobody has decided yet on some rows: {said}"
    if figures.masks is None:
        yield "No chat template was applied: lengths in tokens and loss masks are not known."
    elif open_ := figures.masks.conversations - figures.masks.proved:
        yield f"The loss mask of {_count(open_, 'conversation')}, rows set aside included, is not proved."
    if not figures.held_out:
        yield "No evaluation was held out: what the rows share with any benchmark is not known."
    for view, rows in figures.capped.items():
        yield f"{rows:,} rows were compared by {view} with some of their look-alikes only: near duplicates may be left."
    if figures.split:
        yield from figures.split.small


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size_category(rows: int) -> str:
    """The hub's name for how many rows a data set has, such as 1K<n<10K."""
    step = max(len(str(rows)) - 3, 1) - (rows < 1_000)
    return f"n<{_STEPS[0]}" if step == 0 else f"{_STEPS[step - 1]}<n<{_STEPS[step]}"
