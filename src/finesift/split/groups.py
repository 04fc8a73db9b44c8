"""Which rows belong together, so that no split may part them."""

from __future__ import annotations

import numpy as np
import polars as pl

from finesift.corpus import content_id, normal, prompts
from finesift.match.cluster import components

# Openings shorter than this ("Hi", "Can you help me?") are shared by conversations about different things.
OPENING_CHARACTERS = 24


def group(examples: pl.DataFrame, turns: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """One row per example: example and group, the smallest content id in the group.

    Rows belong together when they share a prompt, open with the same message, or a finding links them. The
    name of a group comes from content alone: the same rows, in any order, make the same groups.
    """
    rows = examples.lazy().select("example", "id", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    opening = (
        turns.lazy()
        .filter(pl.col("role") == "user")
        .group_by("example", maintain_order=True)
        .first()
        .filter(pl.col("content").str.len_chars() >= OPENING_CHARACTERS)
        .select("example", key=normal().hash())
    )
    keyed = pl.concat([prompts(turns.lazy()).select("example", key="prompt").drop_nulls(), opening])
    by_key = (
        keyed.join(rows, on="example")
        .with_columns(first=pl.col("row").min().over("key"))
        .filter(pl.col("first") != pl.col("row"))
        .select("first", "row")
    )
    by_finding = (
        findings.lazy()
        .drop_nulls("other")
        .join(rows, on="example")
        .join(rows.select(other="id", first="row"), on="other")
        .select("first", "row")
    )
    links = pl.concat([by_key, by_finding]).collect().to_numpy()
    label = components(examples.height, links.astype(np.uint32).reshape(-1, 2))
    return examples.select("example", content_id().alias("id"), label=pl.Series(label)).select(
        "example", group=pl.col("id").min().over("label")
    )
