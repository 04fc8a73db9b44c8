"""The data set card: README.md of the run folder, as the Hugging Face hub reads it."""

from __future__ import annotations

from finesift.report.summary import Summary

# The hub's steps: each is named by the powers of ten that it lies between.
_STEPS = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")


def card(figures: Summary, name: str, *, openings: int) -> str:
    """Metadata that `datasets.load_dataset` understands, and a few plain sentences."""
    splits = [split for split in ("train", "validation") if figures.fates[split]]
    files = "\n".join(f"  - split: {split}\n    path: {split}.jsonl" for split in splits)
    configs = f"configs:\n- config_name: default\n  data_files:\n{files}\n" if splits else ""
    return f"""---
{configs}size_categories:
- {size_category(sum(figures.fates[split] for split in splits))}
tags:
- finesift
---

# {name}

{figures.fates["train"]:,} training rows and {figures.fates["validation"]:,} validation rows, prepared with
Finesift. {figures.fates["test"]:,} test rows are sealed in `sealed/`, to be used once, at the end.
{opened(openings)}

`report.md` says what was read and where every row went; `set_aside.jsonl` holds each row that is not in the
splits, with the reason; `manifest.json` has the settings and hashes to repeat it.
"""


def size_category(rows: int) -> str:
    """The hub's name for how many rows a data set has, such as 1K<n<10K."""
    step = max(len(str(rows)) - 3, 0)
    return f"n<{_STEPS[0]}" if step == 0 else f"{_STEPS[step - 1]}<n<{_STEPS[step]}"


def opened(times: int) -> str:
    """How often the seal was opened, and what that means."""
    if times == 0:
        return "The seal has not been opened."
    if times == 1:
        return "The seal was opened once; `sealed/openings.jsonl` says by whom and why."
    return f"The seal was opened {times} times: what is looked at twice is a validation set, not a test set."
