"""Which rows belong together, so that no split may part them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.errors import RecipeError
from finesift.ids import content_id
from finesift.match.cluster import components
from finesift.recipe import Split
from finesift.views import media_keys, normal, prompts

# Openings shorter than this ("Hi", "Can you help me?") are shared by conversations about different things.
OPENING_CHARACTERS = 24
# From here on rows are relatives; below the limits for setting aside, for a restated row gives a test item away too.
WHOLE, PROMPT = 0.5, 0.7
# Answers are alike where a policy or a disclaimer is repeated: it would chain everything to everything.
NO_RELATIVES = ["near_answer"]

# Fields that, equal in two rows, say that both are of one conversation or document.
ORIGINS = (
    "conversation_id",
    "conv_id",
    "dialogue_id",
    "chat_id",
    "thread_id",
    "session_id",
    "document_id",
    "doc_id",
)
ID = "id"
# "abc_0" and "abc_1" are pieces of abc, unless so many share a name that the number just counts rows.
PIECE = r"^(.+?)[_-]\d{1,4}$"
PIECES = 50
_COUNTED = frozenset(
    {
        "case",
        "chat",
        "conv",
        "conversation",
        "data",
        "dev",
        "dialog",
        "dialogue",
        "doc",
        "document",
        "entry",
        "ex",
    }
    | {
        "example",
        "id",
        "instruction",
        "item",
        "line",
        "message",
        "msg",
        "prompt",
        "q",
        "question",
        "record",
        "row",
    }
    | {"sample", "task", "test", "ticket", "train", "user", "val", "validation"}
)

# Built-in columns that a recipe may name beside those in `extra`.
BUILT_IN = ("source", "shape", "label")


def group(corpus: Corpus, findings: pl.DataFrame, settings: Split) -> pl.DataFrame:
    """One row per example: example; group, the smallest content id in it; synthetic, whether the row says so.

    Rows belong together when they share a prompt, open with the same message, are near one another, a finding links
    them, they come from one conversation or document, one is the other's parent, or a column that the recipe names
    holds the same in both. The name of a group comes from content alone: the same rows, in any order, make the same
    groups. Raises RecipeError where a column that the recipe names is in no row.
    """
    rows = corpus.examples.lazy().select("example", "id", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    fields = columns(corpus.examples, [ID, *ORIGINS, settings.parent, "synthetic"])
    keys = [
        corpus.examples.lazy().select("example", key=content_id().hash()),
        prompts(corpus.turns.lazy()).select("example", key="prompt"),
        openings(corpus.turns.lazy()),
        *_origins(fields, corpus.examples, settings.parent),
        *[keyed(named(corpus.examples, name, "split.group_by"), name) for name in settings.group_by],
    ]
    by_key = (
        pl.concat(keys)
        .drop_nulls()
        .join(rows, on="example")
        .with_columns(first=pl.col("row").min().over("key"))
        .filter(pl.col("first") != pl.col("row"))
        .select("first", "row")
    )
    by_finding = (
        findings.lazy()
        .drop_nulls("other")
        .filter(~pl.col("check").is_in(NO_RELATIVES))
        .join(rows, on="example")
        .join(rows.select(other="id", first="row"), on="other")
        .select("first", "row")
    )
    near = corpus.near.lazy().filter((pl.col("whole") >= WHOLE) | (pl.col("prompt") >= PROMPT))
    by_likeness = near.join(rows, on="example").join(
        rows.select(other="example", first="row"), on="other", suffix="_other"
    )
    links = pl.concat([by_key, by_finding, by_likeness.select("first", "row")]).collect().to_numpy()
    label = components(corpus.examples.height, links.astype(np.uint32).reshape(-1, 2))
    return corpus.examples.select(
        "example", content_id().alias("id"), label=pl.Series(label), synthetic=says_synthetic(fields)
    ).select("example", group=pl.col("id").min().over("label"), synthetic="synthetic")


def says_synthetic(fields: pl.DataFrame) -> pl.Series:
    """Which rows say that a model wrote them. fields: see `columns`."""
    return fields["synthetic"].str.to_lowercase().is_in(["true", "1", "yes"]).fill_null(False)


def columns(examples: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Fields of `extra` as text, one row per example: null where a row has none. Lists and objects are JSON."""
    values: dict[str, list[str | None]] = {name: [None] * examples.height for name in names}
    # No field can be there under a name that no row has; most data has none of them, and is not parsed.
    wanted = {name: orjson.dumps(name).decode() for name in values}
    present = [
        name for name, mark in wanted.items() if examples["extra"].str.contains(mark, literal=True).any()
    ]
    if present:
        for row, extra in enumerate(examples["extra"].to_list()):
            if extra is not None:
                record = orjson.loads(extra)
                for name in present:
                    values[name][row] = _text(record.get(name))
    return pl.DataFrame(values, schema=dict.fromkeys(values, pl.String))


def named(examples: pl.DataFrame, name: str, setting: str) -> pl.DataFrame:
    """The column that a recipe names, built-in or from `extra`: example and value, text."""
    if name in BUILT_IN:
        return examples.select("example", value=pl.col(name).cast(pl.String))
    values = columns(examples, [name])[name]
    if examples.height and values.null_count() == examples.height:
        raise RecipeError(
            f"{setting} names the column {name!r}, which no row has.",
            hint=f"Columns of your data that Finesift read as something else are not known by their name; "
            f"{', '.join(BUILT_IN)} are always there.",
        )
    return examples.select("example", value=values)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def openings(turns: pl.LazyFrame) -> pl.LazyFrame:
    """example and key, u64: equal where conversations open with the same message of some length."""
    return (
        turns.filter(pl.col("role") == "user")
        .group_by("example", maintain_order=True)
        .first()
        .filter(pl.col("content").str.len_chars() >= OPENING_CHARACTERS)
        .select("example", key=pl.concat_str(normal(), media_keys, separator="\n", ignore_nulls=True).hash())
    )


def keyed(values: pl.DataFrame, space: str) -> pl.LazyFrame:
    """example and key, u64: equal where values are. space: keeps apart equal values of different columns."""
    return values.lazy().drop_nulls("value").select("example", key=pl.struct(pl.lit(space), "value").hash())


def called(fields: pl.DataFrame, examples: pl.DataFrame, parent: str) -> pl.DataFrame:
    """example, own (the row's content id), and what it says of itself: its id, its origins and its parent."""
    # A bare number counts rows of its own file.
    return fields.with_columns(
        pl.when(pl.col(name).str.contains(r"^\d+$"))
        .then(pl.concat_str(examples["source"], pl.lit("\x1f"), name))
        .otherwise(name)
        .alias(name)
        for name in (ID, *ORIGINS, parent)
    ).with_columns(examples["example"], own=examples.select(content_id()).to_series())


def pieces_of(known: pl.DataFrame) -> pl.DataFrame:
    """example and value: what the row is a piece of, by its id."""
    return (
        known.select("example", value=pl.col(ID).str.extract(PIECE))
        .drop_nulls()
        .filter(~pl.col("value").str.to_lowercase().is_in(list(_COUNTED)))
    )


def _origins(fields: pl.DataFrame, examples: pl.DataFrame, parent: str) -> list[pl.LazyFrame]:
    """Links by conversation, document, pieces of one id, and parent."""
    known = called(fields, examples, parent)
    pieces = pieces_of(known).filter(pl.len().over("value") <= PIECES)
    # What so many rows are called is no name of a row.
    ids = known.select("example", value=ID).drop_nulls().filter(pl.len().over("value") <= PIECES)
    parents = known[parent].drop_nulls().implode()
    return [
        keyed(ids, "row"),
        # A parent is known by its id in the data or by the one that Finesift gave it.
        keyed(known.filter(pl.col("own").is_in(parents)).select("example", value="own"), "row"),
        keyed(known.select("example", value=parent), "row"),
        keyed(pieces, "piece"),
        # What has a name of its own may stand beside its pieces: "abc", "abc_1".
        keyed(ids.filter(pl.col("value").is_in(pieces["value"].unique().implode())), "piece"),
        *[keyed(known.select("example", value=name), name) for name in ORIGINS],
    ]
