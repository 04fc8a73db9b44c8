"""Canaries: copies of held-out items, altered in known ways, that the contamination checks must find.

They exist in memory only, are measured apart from the data, and say what share of each kind of leak a run's settings
would have caught.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from typing import Any

import polars as pl
import xxhash

from finesift.corpus import chat

#: Items of each set that are altered, chosen by content.
ITEMS = 25
# Of the words, every so-many-th is another.
EDITED = 12

_BEFORE = (
    "Thanks for yesterday, that worked. Here is something that a friend sent me and that I cannot get right:"
)
_AFTER = "Please explain it step by step, and tell me at the end how sure you are."
_OTHER_WORDS = (
    ("how many", "what number of"), ("how much", "what amount of"), ("find", "work out"), ("determine", "work out"),
    ("calculate", "compute"), ("write", "come up with"), ("create", "come up with"), ("function", "routine"),
    ("return", "give back"), ("returns", "gives back"), ("given", "for a certain"), ("list", "sequence"),
    ("string", "text"), ("number", "figure"), ("numbers", "figures"), ("each", "every"), ("every", "each"),
    ("buys", "purchases"), ("bought", "purchased"), ("has", "owns"), ("makes", "earns"), ("total", "overall"),
    ("which", "what"), ("describe", "explain"), ("explain", "describe"), ("best", "most suitable"),
    ("following", "below"), ("because", "since"), ("also", "in addition"), ("all", "the whole of"), ("day", "24 hours"),
    ("days", "periods of 24 hours"), ("children", "kids"), ("large", "big"), ("small", "little"), ("use", "apply"),
    ("check", "test"), ("whether", "if"), ("contains", "includes"), ("common", "shared"), ("between", "among"),
)  # fmt: skip
_RESTATE = dict(_OTHER_WORDS)
_PHRASE = re.compile(rf"\b(?:{'|'.join(sorted(_RESTATE, key=len, reverse=True))})\b", re.IGNORECASE)

Alter = Callable[[dict[str, Any]], str | None]


def _asked(item: dict[str, Any]) -> str:
    return f"{item['question']}\n{item['options']}" if item["options"] else str(item["question"])


def _rewrapped(item: dict[str, Any]) -> str:
    words = _asked(item).split()
    return "\n".join(" ".join(words[n : n + 8]) for n in range(0, len(words), 8))


def _edited(item: dict[str, Any]) -> str | None:
    words = _asked(item).split()
    if len(words) < EDITED:
        return None
    return " ".join("somehow" if n % EDITED == EDITED // 2 else word for n, word in enumerate(words))


def _shuffled(item: dict[str, Any]) -> str | None:
    options = (item["options"] or "").splitlines()
    if len(options) < 2:
        return None
    return "\n".join(
        [
            str(item["question"]),
            *(f"{letter}) {text}" for letter, text in zip("abcdefghij", options[::-1], strict=False)),
        ]
    )


def _restated(item: dict[str, Any]) -> str | None:
    """Other words by rule, and the last sentence first. Short items leave nothing to reorder."""
    question = str(item["question"])
    if "def " in question or len(question.split()) < EDITED:
        return None
    sentences = re.split(r"(?<=[.?!])\s+", question.strip())
    moved = " ".join([sentences[-1], *sentences[:-1]])
    other = _PHRASE.sub(lambda match: _RESTATE[match[0].lower()], moved)
    return other if other != question else None


KINDS: dict[str, Alter] = {
    "verbatim": _asked,
    "wrapped elsewhere": _rewrapped,
    "in capitals": lambda item: _asked(item).upper(),
    "some words changed": _edited,
    "question only": lambda item: str(item["question"]),
    "inside a longer message": lambda item: f"{_BEFORE}\n\n{textwrap.dedent(_asked(item))}\n\n{_AFTER}",
    "options shuffled": _shuffled,
    "restated by rules": _restated,
}


def canaries(held_out: pl.DataFrame) -> pl.DataFrame:
    """set, item, kind and text of each canary: `ITEMS` items of each set, in every kind that makes sense for them."""
    chosen = (
        held_out.filter(pl.col("question").str.count_matches(r"\w+") >= 8)
        .with_columns(
            order=pl.col("question").map_elements(lambda q: xxhash.xxh3_64_intdigest(q.encode()), pl.UInt64)
        )
        .filter(pl.col("order").rank("ordinal").over("set") <= ITEMS)
        .sort("set", "item")
    )
    rows = [
        (item["set"], item["item"], kind, text)
        for item in chosen.iter_rows(named=True)
        for kind, alter in KINDS.items()
        if (text := alter(item)) is not None
    ]
    schema = {"set": pl.String, "item": pl.UInt32, "kind": pl.String, "text": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def as_chats(planted: pl.DataFrame) -> list[dict[str, Any]]:
    """Each canary as the conversation that it would be in training data."""
    return [chat(text, "Let me see.") for text in planted["text"]]
