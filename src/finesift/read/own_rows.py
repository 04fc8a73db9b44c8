"""Rows that Finesift wrote, read back: their id and their `extra` are what they were."""

from __future__ import annotations

import orjson
import polars as pl

from finesift.ids import content_id

_REST = r'^(?:-\d+)?"(?:,(.+)|\})$'


def unwrap(examples: pl.DataFrame) -> pl.DataFrame:
    """`examples` without what writing put around `extra`.

    An id in the data that is the row's own id says nothing new; any other stays where it is. An `extra` that
    is then all there is was ours, so its fields are the row's again.
    """
    if examples["extra"].null_count() == examples.height:
        return examples
    own = pl.format('{{"id":"{}', content_id())
    rest = pl.col("extra").str.strip_prefix(own)
    examples = examples.with_columns(
        extra=pl.when(pl.col("extra").str.starts_with(own) & rest.str.contains(_REST))
        .then(pl.concat_str(pl.lit("{"), rest.str.extract(_REST)))
        .otherwise("extra")
    )
    wrapped = examples["extra"].str.starts_with('{"extra":{').fill_null(False)
    if not wrapped.any():
        return examples
    inner = [_inner(text) for text in examples.filter(wrapped)["extra"]]
    return examples.with_columns(
        extra=examples["extra"].scatter(wrapped.arg_true(), pl.Series(inner, dtype=pl.String))
    )


def _inner(text: str) -> str:
    """What `{"extra":…}` holds, if nothing stands beside it; never dumped anew, so no number changes."""
    if set(orjson.loads(text)) == {"extra"}:
        return text.removeprefix('{"extra":').removesuffix("}")
    return text
