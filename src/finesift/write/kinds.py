"""Kinds of rows that are trained apart, and the files that hold them: a trainer reads one kind from one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

#: Conversations stand in train.jsonl, every other kind in train.KIND.jsonl.
KINDS = ("conversation", "preference", "kto", "text")


def kind() -> pl.Expr:
    """The kind of each row of `examples`."""
    return (
        pl.when(pl.col("shape").is_in(["preference", "text"]))
        .then("shape")
        .when(pl.col("label").is_not_null())
        .then(pl.lit("kto"))
        .otherwise(pl.lit("conversation"))
    )


def kind_of(row: Mapping[str, Any]) -> str:
    """The kind of a row as it is written."""
    if "chosen" in row:
        return "preference"
    return "kto" if "label" in row else "text" if "text" in row else "conversation"


def file_of(split: str, of: str) -> str:
    return f"{split}.jsonl" if of == "conversation" else f"{split}.{of}.jsonl"


def files_of(split: str, outputs: Iterable[str]) -> list[str]:
    """The files of a split among the outputs of a run, conversations first."""
    names = set(outputs)
    return [name for of in KINDS if (name := file_of(split, of)) in names]
