"""The report as one page that needs nothing else: no network, no other file; without JavaScript only its filter rests.

Charts are inline SVG: they are small, print, and need no library.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from finesift.recipe import Recipe
from finesift.report.markdown import opened, split_sentence
from finesift.report.summary import CheckCount, Summary
from finesift.report.terminal import shown

EXAMPLES = 3  # of each check
AROUND = 150  # characters shown on each side of a span
LONGEST = 300  # characters shown of a span, a message or a name
# Of these not even a part of the row is shown: their messages are redacted, the rows are not.
WITHHELD = {"secrets"}
BINS = 10
_FATES = {
    "train": ("train", "#228833"),
    "validation": ("validation", "#4477aa"),
    "test": ("test, sealed", "#aa3377"),
    "set_aside": ("set aside", "#cc8800"),
    "unreadable": ("unreadable", "#cc3311"),
}


def report(
    figures: Summary, about: dict[str, Any], name: str, tables: dict[str, pl.DataFrame], secret: pl.Series
) -> str:
    """The page.

    about: the manifest. tables: findings, turns and examples as the run folder holds them, without text of sealed
    rows. secret: numbers of examples that must not be quoted.
    """
    fates = figures.fates
    kept = fates["train"] + fates["validation"] + fates["test"]
    most = max(fates.values(), default=0) or 1
    recipe = Recipe.model_validate(about["recipe"])
    masks = figures.masks
    open_ = partial(_check, tables=tables, secret=secret, recipe=recipe)
    page = Environment(
        loader=PackageLoader("finesift.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    ).get_template("page.html.jinja")
    return page.render(
        name=_cut(name),
        verdict=f"{figures.rows:,} rows were read; {kept:,} are kept, {figures.reviews:,} of them for review. "
        f"{fates['set_aside']:,} are set aside with reasons, {fates['unreadable']:,} could not be read.",
        fates=[
            {
                "label": label,
                "colour": colour,
                "rows": f"{fates[fate]:,}",
                "width": round(400 * fates[fate] / most, 1),
            }
            for fate, (label, colour) in _FATES.items()
        ],
        read=f"{figures.rows:,}",
        opened=opened(about.get("openings", 0)),
        lengths=[
            {"unit": unit, "at": at}
            for unit, at in (("characters", figures.characters), ("tokens", figures.tokens))
            if at
        ],
        budget=f"The budget is {figures.max_tokens:,} tokens, counted with {_cut(str(figures.trained_with))}."
        if figures.tokens
        else "Tokens were not counted.",
        masks=masks
        and f"The loss sees {masks.trained:,} of {masks.tokens:,} tokens. The mask of {masks.proved:,} of "
        f"{masks.conversations:,} conversations is proved.",
        checks=[open_(count) for count in figures.checks],
        clusters=figures.repeats.largest,
        split=figures.split and split_sentence(figures.split),
        version=about["finesift"],
        inputs=[{**i, "path": _cut(i["path"]), "bytes": f"{i['bytes']:,}"} for i in about["inputs"]],
    )


def _check(
    count: CheckCount, *, tables: dict[str, pl.DataFrame], secret: pl.Series, recipe: Recipe
) -> dict[str, Any]:
    found = tables["findings"].filter(pl.col("check") == count.check)
    bins = (found["score"] * BINS).floor().clip(0, BINS - 1).cast(pl.Int64).value_counts()
    counts: dict[int, int] = dict(bins.iter_rows())
    most = max(counts.values(), default=1)
    # Sealed rows have no message and no turns here.
    open_ = (
        found.drop_nulls("message")
        .sort("score", "example", descending=[True, False])
        .unique("example", keep="first", maintain_order=True)
    )
    examples = (
        open_.head(EXAMPLES)
        .join(tables["examples"].select("example", "id"), on="example", maintain_order="left")
        .join(
            tables["turns"].filter(pl.col("part") == "messages").select("example", "turn", "content"),
            on=["example", "turn"],
            how="left",
            maintain_order="left",
        )
        .to_dicts()
    )
    hidden = set(secret)
    limit = [
        f"{act.replace('_', ' ')} from {at:g}" for act, at in recipe.limit(count.check) if at is not None
    ]
    return {
        "name": count.check,
        "counts": f"{count.found:,} found, {count.review:,} for review, {count.set_aside:,} set aside",
        "limit": ", ".join(limit) or "counted only",
        "bars": [round(40 * counts.get(i, 0) / most, 1) for i in range(BINS)],
        "examples": [
            {
                "id": row["id"],
                "score": f"{row['score']:.2f}",
                "message": _cut(row["message"]),
                "text": None
                if count.check in WITHHELD or row["example"] in hidden
                else _marked(row["content"], row["start"], row["end"]),
            }
            for row in examples
        ],
    }


def _marked(text: str | None, start: int | None, end: int | None) -> dict[str, str] | None:
    if text is None or start is None or end is None:
        return None
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return {"before": shown(before), "marked": _cut(text[start:end]), "after": shown(after)}


def _cut(text: str) -> str:
    return shown(text if len(text) <= LONGEST else text[:LONGEST] + "…")
