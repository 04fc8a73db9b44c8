"""What the filters find in rows that nobody picked, to be read by a person: how often are they wrong?

    FINESIFT_DATA=../shared/data python benchmarks/alarms.py --seed 11 sft/lima/lima.json sft/alpaca_data.json

draws 100 rows of each set, prints every finding of the row checks at their limit `review` or above with the text around
it, and then the counts. Which of them are wrong is for the reader to say.
"""

import argparse
import os
from pathlib import Path

import polars as pl

from finesift.read import read
from finesift.recipe import Recipe
from finesift.registry import load_checks

DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[1] / "../shared/data"))
# What stands before the place that was found, and after it.
BEFORE, AFTER = 160, 240


def alarms(path: Path, rows: int, seed: int, known: list[int]) -> pl.DataFrame:
    """Findings in `rows` rows of a set: check, example, score, message, and the text around the place.

    known: seeds whose rows were read before; none of them is drawn.
    """
    corpus = read([path])
    rest = corpus.examples["example"]
    before = {row for earlier in known for row in rest.sample(min(rows, len(rest)), seed=earlier)}
    rest = rest.filter(~rest.is_in(list(before)))
    drawn = rest.sample(min(rows, len(rest)), seed=seed)
    sample = corpus.only(drawn)
    recipe, found = Recipe(), []
    for check in load_checks().values():
        limit = recipe.limit(check.name).review
        if (
            check.scope == "row"
            and limit is not None
            and not {*check.tables} - {"turns", "examples", "notes"}
        ):
            found.append(check(sample.tables).filter(pl.col("score") >= limit).collect())
    start = pl.col("start").cast(pl.Int64).fill_null(0)
    length = pl.coalesce(pl.col("end") - start, 200).clip(0, 200)
    said = sample.turns.select(
        "example", "turn", "content", asked=pl.col("content").shift(1).over("example").str.slice(0, 200)
    )
    return (
        pl.concat(found)
        .join(said, on=["example", "turn"], how="left")
        .with_columns(around=pl.col("content").str.slice((start - BEFORE).clip(0), length + BEFORE + AFTER))
        .select("check", "example", "turn", "score", "message", "asked", "around")
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", help="files under FINESIFT_DATA")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--rows", type=int, default=100, help="drawn from each set")
    parser.add_argument("--known", type=int, nargs="*", default=[], help="seeds whose rows were read before")
    given = parser.parse_args()
    counts = []
    for name in given.sets:
        found = alarms(DATA / name, given.rows, given.seed, given.known)
        counts.append(found.with_columns(set=pl.lit(Path(name).stem)))
        print(f"\n{name}")
        for check, example, turn, score, message, asked, around in found.sort("check", "example").iter_rows():
            print(
                f"  {check} {score:.2f}  row {example} message {turn}  {message}\n    {asked!r}\n    {around!r}"
            )
    print()
    with pl.Config(tbl_rows=-1, tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True):
        print(
            pl.concat(counts)
            .group_by("check", "set")
            .agg(rows=pl.col("example").n_unique())
            .sort("check", "set")
        )


if __name__ == "__main__":
    main()
