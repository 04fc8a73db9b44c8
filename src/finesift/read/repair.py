"""Lossy repairs: proposed with before and after, and made only where the recipe names them.

[data]
repair = ["html-entities", "control-characters"]
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import polars as pl

from finesift.errors import UsageError

PROPOSALS = pl.Schema(
    {
        "example": pl.UInt32,
        "turn": pl.UInt32,
        "repair": pl.String,
        "before": pl.String,  # the whole content
        "after": pl.String,
    }
)

# What UTF-8 looks like after it was read as Windows-1252: the first characters of accents, quotes and emoji.
_MOJIBAKE = ["Ã", "Â", "â€", "â‚", "Å", "ðŸ", "ï¿½", "Ð", "Ñ"]
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_INPUT = re.compile(r"\n\s*(?:<\s*no\s?input\s*>|no\s?input|n/a)\s*\.?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Repair:
    """One lossy repair. candidates: a quick test that misses none, on the columns of `turns`."""

    name: str
    what: str
    candidates: pl.Expr
    fix: Callable[[str], str]


def _contains(pattern: str) -> pl.Expr:
    return pl.col("content").str.contains(pattern)


def _fix_mojibake(text: str) -> str:
    return str(import_module("ftfy").fix_encoding(text))


REPAIRS = {
    repair.name: repair
    for repair in (
        Repair(
            "mojibake",
            "text that was decoded with the wrong encoding, as cafÃ©, by ftfy",
            pl.col("content").str.contains_any(_MOJIBAKE),
            _fix_mojibake,
        ),
        Repair(
            "html-entities",
            "&amp; and the like become the characters they stand for",
            _contains(r"&[a-zA-Z0-9#]{2,32};"),
            lambda text: _ENTITY.sub(lambda entity: html.unescape(entity[0]), text),
        ),
        Repair(
            "control-characters",
            "control characters other than tabs and line breaks are left out",
            _contains(_CONTROL.pattern),
            lambda text: _CONTROL.sub("", text),
        ),
        Repair(
            "noinput",
            "an input that says that there is none (<noinput>, N/A) is left out of the prompt",
            (pl.col("role") == "user")
            & _contains(r"(?i)\n\s*(?:<\s*no\s?input\s*>|no\s?input|n/a)\s*\.?\s*$"),
            lambda text: _NO_INPUT.sub("", text),
        ),
    )
}
#: Made on bytes, before there are turns: rows that are not UTF-8 are read as Windows-1252.
WINDOWS_1252 = "windows-1252"


def check_repairs(names: Collection[str]) -> None:
    """Raises UsageError for a repair that does not exist, or that lacks its library."""
    known = (*REPAIRS, WINDOWS_1252)
    for name in names:
        if name not in known:
            raise UsageError(f'repair: there is no "{name}"; repairs are {", ".join(known)}.')
    if "mojibake" in names and not _has_ftfy():
        raise UsageError("repair: mojibake needs the library ftfy.", hint='pip install "finesift[repair]"')


def proposals(turns: pl.DataFrame, names: Collection[str] | None = None) -> pl.DataFrame:
    """What each repair would change, one row per content and repair; each is seen alone.

    names: all that can be made, if None.
    """
    if names is None:
        names = [name for name in REPAIRS if name != "mojibake" or _has_ftfy()]
    found = [PROPOSALS.to_frame()]
    for repair in (REPAIRS[name] for name in names if name in REPAIRS):
        candidates = turns.filter(repair.candidates).select("example", "turn", before="content")
        after = pl.Series("after", [repair.fix(text) for text in candidates["before"]], dtype=pl.String)
        changed = candidates.with_columns(after, repair=pl.lit(repair.name))
        found.append(changed.filter(pl.col("before") != pl.col("after")).select(PROPOSALS.names()))
    return pl.concat(found)


def repaired(turns: pl.DataFrame, names: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The turns after the repairs, one after the other, and what they changed."""
    made = [PROPOSALS.to_frame()]
    for name in names:
        changed = proposals(turns, [name])
        made.append(changed)
        if not changed.is_empty():
            after = changed.select("example", "turn", "after")
            turns = (
                turns.join(after, on=["example", "turn"], how="left", maintain_order="left")
                .with_columns(content=pl.coalesce("after", "content"))
                .drop("after")
            )
    return turns, pl.concat(made)


def told(changes: pl.DataFrame) -> pl.DataFrame:
    """Changes as notes: what stood there and what stands there now, where they first differ."""
    messages = [
        f"{repair}: {_around(before, after)!r} became {_around(after, before)!r}"
        for repair, before, after in changes.select("repair", "before", "after").iter_rows()
    ]
    return changes.select(
        "example", kind=pl.lit("lossy_repair"), message=pl.Series(messages, dtype=pl.String)
    )


def _around(text: str, other: str) -> str:
    """Some characters from the first that differs from `other`."""
    first = next(
        (n for n, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other))
    )
    start = max(0, first - 8)
    return text[start : first + 24]


def _has_ftfy() -> bool:
    return find_spec("ftfy") is not None
