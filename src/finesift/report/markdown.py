"""The report as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finesift.report.agents import MOST_TOOLS
from finesift.report.held_out import HeldOut
from finesift.report.meaning import sentences
from finesift.report.redacted import redacted
from finesift.report.reviewed import reviewed
from finesift.report.summary import Summary
from finesift.report.verdict import Verdict
from finesift.report.words import counted, percent
from finesift.split.proof import FLOOR, VIEWS, Proof

_PUNCTUATION = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#~$&"})


def escaped(text: str) -> str:
    """Text from data as Markdown that shows it and does nothing else."""
    return " ".join(text.translate(_PUNCTUATION).split())


def report(figures: Summary, about: dict[str, Any]) -> str:
    """What happened, in tables: the whole run on one page."""
    fates = figures.fates
    parts = [
        "# What happened to the data",
        *answer(Verdict.from_dict(about["verdict"])),
        f"{counted(figures.rows, 'row was', 'rows were')} read: {figures.kept:,} kept, {fates['set_aside']:,} set "
        f"aside with reasons, {fates['unreadable']:,} that could not be read. "
        f"{figures.review_sentence()}".rstrip(),
        "## Where every row went",
        _table(
            ["", "rows", "file"],
            [
                ["train", f"{fates['train']:,}", "train.jsonl"],
                ["validation", f"{fates['validation']:,}", "validation.jsonl"],
                ["test, sealed", f"{fates['test']:,}", "sealed/test.jsonl.zst"],
                ["set aside", f"{fates['set_aside']:,}", "set_aside.jsonl and sealed/set_aside.jsonl.zst"],
                ["unreadable", f"{fates['unreadable']:,}", "unreadable.jsonl"],
                ["**read**", f"**{figures.rows:,}**", "the sum of the above"],
            ],
        ),
        opened(about),
        *redacted(about),
        "## What the checks saw",
        "Rows, not findings. *Found* are rows with a finding at any score.",
        _table(
            ["check", "set aside", "review", "found"],
            [[c.check, f"{c.set_aside:,}", f"{c.review:,}", f"{c.found:,}"] for c in figures.checks],
        )
        if figures.checks
        else "Nothing.",
        "## Lengths",
        _lengths(figures),
        *(figures.epoch.sentences(len(figures.kinds)) if figures.epoch else []),
        *_agents(figures),
        *_masks(figures),
        *_split(figures),
        *_held_out(figures),
    ]
    parts += _repeats(figures) + _meaning(figures) + _coverage(about.get("coverage"))
    if decided := [f"- {escaped(said)}" for said in reviewed(about)]:
        parts += ["## What people decided", "\n".join(decided)]
    if figures.malformed:
        parts += [
            "## Rows that could not be read",
            _table(
                ["rows", "reason", "first places", "what to do"],
                [
                    [f"{m.rows:,}", escaped(m.error), escaped(", ".join(m.places)), escaped(m.hint)]
                    for m in figures.malformed
                ],
            ),
        ]
    parts += [
        "## What was read",
        _table(
            ["file", "bytes", "SHA-256"],
            [[escaped(i["path"]), f"{i['bytes']:,}", i["sha256"]] for i in about["inputs"]],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def answer(found: Verdict) -> list[str]:
    """Whether to train on it, and what first."""
    said = found.sentence()
    steps = [
        f"{number}. {escaped(step.what)}. "
        + (f"`{step.do.replace('`', '')}`" if step.to_copy else escaped(step.do))
        for number, step in enumerate(found.steps, 1)
    ]
    return [f"**{said[0].upper()}{said[1:]}.**", *(["\n".join(steps)] if steps else [])]


def _agents(figures: Summary) -> list[str]:
    found = figures.agents
    if found is None:
        return []
    uses = [
        [split, *(f"{n:,}" for n in (use.rows, use.calls, use.misfits, use.failed)), percent(use.share)]
        for split, use in found.uses.items()
    ]
    tools = [
        [escaped(tool.name[:60]), f"{tool.offered:,}", f"{tool.calls:,}", f"{tool.misfits:,}"]
        for tool in found.tools[:MOST_TOOLS]
    ]
    rest = len(found.tools) - len(tools)
    return [
        "## Tools",
        *[escaped(said) for said in found.sentences()],
        _table(
            [
                "split",
                "rows",
                "calls",
                "calls that do not fit",
                "results that failed",
                "calls, of what is trained",
            ],
            uses,
        ),
        _table(["tool", "rows that declare it", "calls", "that do not fit"], tools),
        *([f"and {counted(rest, 'more tool')}."] if rest > 0 else []),
    ]


def _held_out(figures: Summary) -> list[str]:
    if not figures.held_out:
        return []
    rows = [
        [
            escaped(held.name),
            f"{held.items:,}",
            f"{held.touched:,}",
            ", ".join(f"{rows:,} {check}" for check, rows in held.rows.items()) or "0",
            f"{held.set_aside:,}",
            f"{held.remaining:.2f}",
        ]
        for held in figures.held_out
    ]
    encoder = figures.held_out[0].encoder
    meaning = (
        f"Restatements were confirmed by the embeddings of {escaped(encoder)}."
        if encoder
        else "Restatements were only looked for by words: install `finesift[semantic]` to find those in other words."
    )
    return [
        "## Held-out sets",
        "*Touched* are items that some row was found to hold, at the limit for review; they are listed in "
        f"held_out.jsonl, so that an evaluation can be reported without them. {meaning}",
        _table(["set", "items", "touched", "rows found", "set aside", "largest score that stays"], rows),
        "Altered copies of up to 25 items of each set, in memory only, met the same checks. Found (set aside):",
        _recall(figures.held_out),
        *["- " + escaped(held.looked_for) + "." for held in figures.held_out if held.looked_for],
    ]


def _recall(sets: list[HeldOut]) -> str:
    """What share of the canaries was found."""
    kinds = list(dict.fromkeys(caught.kind for held in sets for caught in held.canaries))
    rows = []
    for held in sets:
        caught = {
            c.kind: f"{percent((c.set_aside + c.review) / c.planted)} ({percent(c.set_aside / c.planted)})"
            for c in held.canaries
        }
        rows.append([escaped(held.name), *(caught.get(kind, "") for kind in kinds)])
    return _table(["set", *kinds], rows)


def _coverage(covered: Mapping[str, Any] | None) -> list[str]:
    """The training rows against the plan, where the recipe has one."""
    if covered is None:
        return []
    rows = [
        [
            escaped(one["name"]),
            *(f"{one[name]:,}" for name in ("have", "unsure", "want")),
            f"{one['low']:,} to {one['high']:,}",
        ]
        for one in covered["behaviours"]
    ]
    return [
        "## Coverage",
        f"The plan is covered to {covered['one']:.2f} of 1; {len(covered['mismatches']):,} answers are not what it "
        "wants.",
        _table(["behaviour", "have", "unsure", "want", "between"], rows),
    ]


def _between(figures: Summary) -> list[str]:
    """What training holds of the rows held back, word for word or in part."""
    if not figures.between:
        return []
    rows = [
        [
            held.name,
            f"{held.items:,}",
            f"{held.touched:,}",
            f"{sum(held.rows.values()):,}",
            f"{held.remaining:.2f}",
        ]
        for held in figures.between
    ]
    return [
        "Whether a message that is trained on holds a question or an answer that is held back, by the check "
        "`contamination` at its limit for review:",
        _table(["", "rows looked for", "found", "in training rows", "largest score"], rows),
        "Altered copies of up to 25 of them, in memory only, met the same check. Found (over the limit for set aside):",
        _recall(figures.between),
    ]


def opened(about: Mapping[str, Any]) -> str:
    """How often the seal was opened, and what that means. about: the manifest."""
    times = about.get("openings", 0)
    seen = about.get("seen_before")
    if times == 0 and seen:
        return (
            f"The seal has not been opened, but {seen['rows']:,} of the test rows were in a test set that was opened "
            "before: what is looked at twice is a validation set, not a test set."
        )
    if times == 0:
        return "The seal has not been opened."
    if times == 1:
        return "The seal was opened once; `sealed/openings.jsonl` says by whom and why."
    return f"The seal was opened {times} times: what is looked at twice is a validation set, not a test set."


def _repeats(figures: Summary) -> list[str]:
    found = figures.repeats
    parts = []
    if found.sizes:
        rows = sum(int(size) * n for size, n in found.sizes.items())
        largest = [
            [f"{c.size:,}", f"{percent(c.share)}", ", ".join(c.members) or "sealed"] for c in found.largest
        ]
        parts += [
            "## What repeats",
            f"{rows:,} rows are exact or near duplicates of others, in {sum(found.sizes.values()):,} clusters. "
            "The largest, with their share of the length of all rows as they were read:",
            _table(["rows", "share", "some of them"], largest),
        ]
    for name in ("openings", "endings", "passages"):
        if phrases := getattr(found, name):
            parts += [
                f"### {name.capitalize()} that many answers share",
                _table(
                    ["answers", "share", ""],
                    [[f"{p.answers:,}", f"{percent(p.share)}", escaped(p.text)] for p in phrases],
                ),
            ]
    if figures.unused:
        named = ", ".join(
            f"{escaped(name[:60])} ({rows:,})" for name, rows in list(figures.unused.items())[:20]
        )
        parts.append(f"Fields that nothing uses, kept in `extra`, with the rows that have them: {named}.")
    for view, rows in figures.capped.items():
        parts.append(
            f"{rows:,} rows share words with so many others, by {view}, that they were compared with the longest of "
            "them only: among them near duplicates may be left."
        )
    return parts


def _meaning(figures: Summary) -> list[str]:
    found = figures.meaning
    if found is None:
        return []
    parts = ["## What is said in other words", " ".join(escaped(said) for said in sentences(found))]
    if found.sizes:
        rows = sum(int(size) * n for size, n in found.sizes.items())
        parts += [
            f"{rows:,} rows ask the same as others in other words and are answered alike, in "
            f"{sum(found.sizes.values()):,} clusters; they are {percent(found.weight)} of the length of all rows, and "
            f"those that stay {percent(found.weight_kept)} of what is kept. The largest, with the share of their "
            "prompts' words that more than 3 % of all prompts have, which is the template's own where one was filled:",
            _table(
                ["rows", "share", "common words", "some of them"],
                [
                    [
                        f"{c.size:,}",
                        f"{percent(c.share)}",
                        "" if common is None else f"{percent(common)}",
                        ", ".join(c.members) or "sealed",
                    ]
                    for c, common in zip(found.largest, found.common, strict=True)
                ],
            ),
        ]
    return parts


def _lengths(figures: Summary) -> str:
    rows = [["characters", *(f"{n:,}" for n in figures.characters.values())]] if figures.characters else []
    if figures.tokens:
        rows.append(["tokens", *(f"{n:,}" for n in figures.tokens.values())])
    if not rows:
        return "No row has a length."
    head = ["per row", *(figures.characters or figures.tokens)]
    by = escaped(str(figures.trained_with))
    counted = f"Tokens by {by}, with its chat template; the budget is {figures.max_tokens:,}."
    return _table(head, rows) + "\n\n" + (counted if figures.tokens else "Tokens were not counted.")


def _masks(figures: Summary) -> list[str]:
    masks = figures.masks
    if masks is None:
        return []
    tenths = [f"{tenth * 10} to {tenth * 10 + 10} %" for tenth in range(10)]
    parts = [
        "## What is trained",
        f"The loss sees {masks.trained:,} of {masks.tokens:,} tokens. The mask of {masks.proved:,} of "
        f"{masks.conversations:,} conversations is proved: {masks.by_kind:,} by comparing with a traced "
        f"conversation of the same kind, the rest traced one by one.",
        _table(
            ["share of tokens trained", "conversations"],
            [[tenth, f"{rows:,}"] for tenth, rows in zip(tenths, masks.shares, strict=True)],
        ),
    ]
    if masks.problems:
        parts += [
            _table(["problem", "conversations"], [[n, f"{rows:,}"] for n, rows in masks.problems.items()]),
            _table(
                ["look first at", "id", "tokens", "trained", "problems"],
                [
                    [escaped(w.place), w.id, f"{w.tokens:,}", f"{w.trained:,}", ", ".join(w.problems)]
                    for w in masks.worst
                ],
            ),
        ]
    return parts


def _split(figures: Summary) -> list[str]:
    proof = figures.split
    if proof is None:
        return []
    parts = ["## How far apart the splits are", split_sentence(figures, proof)]
    if proof.measured:
        parts.append(
            _table(
                ["largest similarity to a training row", *VIEWS],
                [[split, *(or_under(alike) for alike in by.values())] for split, by in proof.largest.items()],
            )
        )
    if proof.closest:
        rows = [
            [p.train, p.other, p.split, f"{p.whole:.3f}", f"{p.prompt:.3f}", f"{p.answer:.3f}"]
            for p in proof.closest
        ]
        parts += ["The closest pairs:", _table(["train", "other", "", *VIEWS], rows)]
    parts += _between(figures)
    parts += proof.small
    if proof.giants:
        parts += [
            f"{proof.in_giants:,} rows are in groups of relatives too large to be held back; they are trained on. "
            "Where that is too many, raise `split.largest_group`. The largest:",
            _table(["group", "rows"], [[name, f"{rows:,}"] for name, rows in proof.giants]),
        ]
    if proof.crossing or proof.moved:
        parts.append(
            f"Of the split that the data brought, {proof.crossing:,} groups of relatives were in several parts; "
            f"{proof.moved:,} rows moved so that none is."
        )
    parts.append("### What each split is made of")
    parts.append(
        _table(
            ["by", "distance of validation from train", "of test"],
            [
                [
                    escaped(m.column),
                    *("no rows" if d is None else f"{d:.3f}" for d in m.distances.values()),
                ]
                for m in proof.mix
            ],
        )
        + "\n\n0 is the same mix, 1 nothing in common: total variation; of characters, Kolmogorov-Smirnov."
    )
    shares = [
        [escaped(m.column), escaped(value), *(f"{n:,}" for n in counts)]
        for m in proof.mix
        for value, counts in m.rows.items()
    ]
    if shares:
        parts.append(_table(["", "", "train", "validation", "test"], shares))
    return parts


def split_sentence(figures: Summary, proof: Proof) -> str:
    """The shares, and how near training any row comes that is held back."""
    shares = ", ".join(
        f"{name} {percent(proof.reached[name])} of the rows (asked: {percent(asked)})"
        for name, asked in proof.asked.items()
    )
    groups = f"Rows that are alike, {proof.groups:,} groups in all, are never in two splits: {shares}."
    if not proof.measured:
        return f"{groups} Rows were not compared with one another, so how alike the splits are is not known."
    most = [max((by[view] or 0.0 for by in proof.largest.values()), default=0.0) for view in VIEWS]
    said = ", ".join(f"{or_under(alike or None)} by {view}" for view, alike in zip(VIEWS, most, strict=True))
    told = f"{groups} The largest similarity in words between a training row and one held back: {said}."
    holds = sum(side.touched for side in figures.between)
    if not holds:
        return told
    still = counted(holds, "row held back is", "rows held back are")
    return f"{told} {still} found in part in longer training rows all the same."


def or_under(similarity: float | None) -> str:
    """A similarity, or that none was found."""
    return f"under {FLOOR}" if similarity is None else f"{similarity:.3f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
