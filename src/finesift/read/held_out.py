"""Items of an evaluation, from the files that the field's benchmarks are published in.

GSM8K, HumanEval, MBPP, TruthfulQA, IFEval, AlpacaEval and BIG-Bench Hard are read as any data is. What is added here
are questions with options (MMLU and its like, with and without names of columns) and lists of turns (MT-bench).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.tables import HELD_OUT
from finesift.views import ends_example, is_answer, text

_OPTION_LISTS = ("choices", "options", "endings", "candidates")
_OPTION = re.compile(r"(?:choice|option|ending|answer)_?[0-9a-e]|[a-e]", re.IGNORECASE)
_LETTERS = "ABCDEFGHIJ"
# Options at the end of a question, where the reader of rows puts them: A., B., … on a line each, two at least.
_BEHIND = r"(?s)^(.*?\S)\s*\n(A[.)] .*\nB[.)] .*)$"
# Where a table has no header: a question, four options and the letter of the right one.
_UNNAMED = [f"column_{n}" for n in range(1, 7)]


def items(corpus: Corpus, name: str) -> pl.DataFrame:
    """The frame HELD_OUT of one evaluation. An item's number is its line or record number; where the evaluation is
    several files, it is counted through all of them."""
    answers = corpus.turns.filter(ends_example & is_answer).select("example", "turn", answer="content")
    asked = (
        corpus.turns.join(answers, on=["example", "turn"], how="anti", maintain_order="left")
        .group_by("example", maintain_order=True)
        .agg(question=text.str.join("\n"))
    )
    read = (
        corpus.examples.select("example", "extra", item="row")
        .join(asked, on="example", how="left", maintain_order="left")
        .join(answers.drop("turn"), on="example", how="left", maintain_order="left")
        # Plain text is all there is of an item: it is what is asked.
        .with_columns(alone=pl.col("question").is_null())
        .select(
            "item",
            "extra",
            question=pl.when("alone").then("answer").otherwise("question").fill_null(""),
            answer=pl.when(~pl.col("alone")).then("answer"),
        )
    )
    if corpus.examples["source"].n_unique() > 1:
        read = read.with_columns(item=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32))
    behind = pl.col("question").str.contains(_BEHIND)
    plain = read.filter(pl.col("extra").is_null()).select(
        "item",
        "answer",
        question=pl.when(behind).then(pl.col("question").str.extract(_BEHIND, 1)).otherwise("question"),
        options=pl.when(behind).then(pl.col("question").str.extract(_BEHIND, 2)),
    )
    others = [
        _item(row["item"], row["question"], row["answer"], orjson.loads(row["extra"]))
        for row in read.filter(pl.col("extra").is_not_null()).iter_rows(named=True)
    ]
    schema = {name: HELD_OUT[name] for name in ("item", "question", "options", "answer")}
    frame = pl.DataFrame([*others, *_other(corpus)], schema=schema)
    return (
        pl.concat([plain.select(*schema), frame])
        .sort("item", maintain_order=True)
        .select(pl.lit(name).alias("set"), *schema)
        .cast(HELD_OUT)
    )


def _item(item: int, question: str, answer: str | None, rest: Mapping[str, Any]) -> dict[str, Any]:
    options = _options(rest)
    return {
        "item": item,
        "question": question,
        "options": "\n".join(options) or None,
        "answer": _answer(answer, options),
    }


def _options(rest: Mapping[str, Any]) -> list[str]:
    for name in _OPTION_LISTS:
        listed = rest.get(name)
        if isinstance(listed, Mapping):  # ARC: {"text": [...], "label": [...]}
            listed = listed.get("text")
        if isinstance(listed, list) and all(isinstance(option, str) for option in listed):
            return listed
    named = {
        name: value for name, value in rest.items() if _OPTION.fullmatch(name) and isinstance(value, str)
    }
    return list(named.values()) if len(named) > 1 else []


def _answer(answer: str | None, options: list[str]) -> str | None:
    """The option itself where the answer is its number or letter."""
    key = (answer or "").strip()
    if options and key.isdecimal() and int(key) < len(options):
        return options[int(key)]
    if options and len(key) == 1 and key.upper() in _LETTERS[: len(options)]:
        return options[_LETTERS.index(key.upper())]
    return answer


def _other(corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Items in rows that are no training rows."""
    for row, raw in corpus.unreadable.select("row", "raw").iter_rows():
        try:
            fields = orjson.loads(raw)
        except orjson.JSONDecodeError:
            continue
        if not isinstance(fields, dict):
            continue
        turns = fields.get("turns")
        if isinstance(turns, list) and turns and all(isinstance(turn, str) for turn in turns):
            reference = fields.get("reference")
            answer = "\n".join(map(str, reference)) if isinstance(reference, list) else None
            yield {"item": row, "question": "\n".join(turns), "answer": answer, "options": None}
        elif list(fields) == _UNNAMED:
            question, *options, answer = map(str, fields.values())
            yield {
                "item": row,
                "question": question,
                "options": "\n".join(options),
                "answer": _answer(answer, options),
            }
