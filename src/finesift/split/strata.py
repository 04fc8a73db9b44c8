"""What the splits should have alike: the stratum of each row, and the split that the data brings."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from finesift.corpus import Corpus
from finesift.errors import RecipeError
from finesift.recipe import Split
from finesift.split.assign import SPLIT
from finesift.split.groups import BUILT_IN, columns, named

# The names under which splits are handed around.
KNOWN_AS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "eval": "validation",
    "test": "test",
    "testing": "test",
}
# In a file's name: data/test.jsonl, train-00000-of-00002.parquet, gsm8k_dev.json.
_IN_NAME = rf"(?i)(?:^|[^a-z])({'|'.join(KNOWN_AS)})(?:[^a-z]|$)"
MOST_TURNS = 9
LANGUAGES = ("language", "lang", "locale")


def mix(corpus: Corpus, settings: Split, languages: Sequence[str] | None = None) -> pl.DataFrame:
    """What is compared between the splits, one row per example: example, characters, and as text source, shape,
    length, turns and the columns that the recipe names. languages: columns for languages, where these rows are not all
    there are; else they are found by their names, and a column of the recipe that no row has is refused."""
    sizes = corpus.turns.group_by("example").agg(
        characters=pl.col("content").str.len_chars().sum(), messages=pl.len()
    )
    rows = corpus.examples.join(sizes, on="example", how="left", maintain_order="left").with_columns(
        pl.col("characters", "messages").fill_null(0)
    )
    low = pl.lit(2).pow((pl.col("characters") + 1).log(2).floor()).cast(pl.Int64)
    bands = {
        # Doubling bands: what matters is how many times longer.
        "length": pl.format("{} to {} characters", low - 1, 2 * low - 2),
        "turns": pl.when(pl.col("messages") < MOST_TURNS)
        .then(pl.col("messages").cast(pl.String))
        .otherwise(pl.lit(f"{MOST_TURNS} or more")),
    }
    table = rows.select("example", "characters", "source", "shape", **bands)
    for name in settings.stratify:
        if name not in table.columns:
            values = (
                named(corpus.examples, name, "split.stratify")["value"]
                if languages is None or name in BUILT_IN
                else columns(corpus.examples, [name])[name]
            )
            table = table.with_columns(values.alias(name))
    for name in LANGUAGES:
        if name not in table.columns:
            values = columns(corpus.examples, [name])[name]
            # A field within another has the name, too, and is none of the row's.
            if name in languages if languages is not None else values.count():
                table = table.with_columns(values)
    return table


def strata(corpus: Corpus, mixed: pl.DataFrame, settings: Split) -> pl.DataFrame:
    """example, stratum, and existing: the split that the data brings, null where it brings none.

    Raises RecipeError where the recipe asks for a split that is not there, or is called something unknown.
    """
    stratum = mixed.select("example", stratum=stratum_of(mixed.columns))
    existing = existing_of(given(corpus.examples, settings), settings)
    return stratum.with_columns(existing.alias("existing"))


def stratum_of(mixed: Sequence[str]) -> pl.Expr:
    """The stratum of a row of `mix`, whose columns these are."""
    names = [name for name in mixed if name not in ("example", "characters")]
    return pl.concat_str(names, separator="\x1f", ignore_nulls=False).fill_null("")


def _of_file(source: pl.Expr) -> pl.Expr:
    """The word for a split in a file's name, or else the name of its folder: test.jsonl, test/part-0.jsonl."""
    parts = source.str.replace_all(r"\\", "/").str.split("/")
    # The last word counts: train_test.jsonl is the test part of something.
    word = parts.list.last().str.extract_all(_IN_NAME).list.last().str.extract(_IN_NAME)
    folder = parts.list.get(-2, null_on_oob=True).str.extract(rf"(?i)^({'|'.join(KNOWN_AS)})$")
    return pl.coalesce(word, folder)


def given(examples: pl.DataFrame, settings: Split, *, all_rows: bool = True) -> pl.Series:
    """What the data calls the split of each row, null where it says nothing. all_rows: whether these are all there are:
    then a column that no row has is refused."""
    if settings.existing is None:
        return pl.Series([None] * examples.height, dtype=pl.String)
    if settings.existing == "files":
        return examples.select(_of_file(pl.col("source"))).to_series()
    if all_rows or settings.existing in BUILT_IN:
        return named(examples, settings.existing, "split.existing")["value"]
    return columns(examples, [settings.existing])[settings.existing]


def existing_of(given: pl.Series, settings: Split) -> pl.Series:
    """The splits that data calls so. Raises RecipeError for a name of none, and where no file of all has one."""
    known = given.str.to_lowercase().replace_strict(KNOWN_AS, default=None, return_dtype=SPLIT)
    if settings.existing is None:
        return known
    unknown = given.filter(given.is_not_null() & known.is_null()).unique().sort()
    if len(unknown):
        raise RecipeError(
            f"split.existing = {settings.existing!r}: {unknown[0]!r} is the name of no split.",
            hint=f"Known are {', '.join(KNOWN_AS)}.",
        )
    if len(known) and known.null_count() == len(known):
        raise RecipeError(
            "split.existing = 'files', but no file is named after a split.",
            hint="Name them train.jsonl, validation.jsonl and test.jsonl, or name the column that holds the split.",
        )
    return known
